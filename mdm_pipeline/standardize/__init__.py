"""Pure standardisers of values: text, names, phones, e-mails, identifiers, addresses, dates, countries."""
