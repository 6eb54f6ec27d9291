"""Publish: the one file that analysts open, built beside and swapped in whole.

In: committed state of all schemas. Out: `published/customers.duckdb`. Invariant: whoever opens the file sees one
generation, complete. Does not belong here: anything that changes the hub.
"""
