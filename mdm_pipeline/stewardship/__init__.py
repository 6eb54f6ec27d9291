"""Stewardship: decisions of people outlive every run.

In: decisions by command line or console. Out: an append-only SQL database (SQLite by default, PostgreSQL
in production) and,
at the start of each run, its snapshot in the hub. Invariant: nothing is ever changed or deleted in the
store; undoing is one
more row; a run sees the snapshot only. Does not belong here: what a decision does to matching or quality.
"""
