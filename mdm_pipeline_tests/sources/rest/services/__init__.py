"""Local services that answer as the documented ones do, and refuse what is not documented."""
