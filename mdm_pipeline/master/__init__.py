"""Master: stable customer codes, golden records with the source of every value, relationships between customers.

In: clusters (`matching`), records (`staging`). Out: schema `master`. Invariant: a code once issued is never reused and
always resolves; every golden value names the record it came from. Does not belong here: deciding who is the same.
"""
