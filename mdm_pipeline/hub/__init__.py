"""The hub: one DuckDB file that holds every stage's tables, and the machinery that keeps it whole.

In: nothing but DuckDB and the contract. Out: connections, transactions, work lists, the issue log, migrations.
Invariant: a table exists exactly as `hub.contract` declares it; every stage commits once, with its own
work-list offset.
Does not belong here: what a stage does with the rows, sources, Dagster.
"""
