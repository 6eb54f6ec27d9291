"""Mart: business events with their customer, and the 360° view over them.

In: `staging` events, `master.xref`, golden records. Out: schema `mart`. Invariant: no event and no money gets lost:
an event whose party is unknown stays, without a customer. Does not belong here: deciding who a customer is.
"""
