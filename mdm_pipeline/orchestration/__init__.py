"""Orchestration: everything that knows Dagster, and the one way in which a stage is run.

In: a home and a company's configuration. Out: Dagster definitions. Invariant: assets are thin, each calls
one stage through
`stage_run`; one hub connection a run, one transaction a stage. Does not belong here: what happens to rows.
"""
