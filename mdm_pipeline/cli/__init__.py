"""The command line `mdm`: one module per command group.

In: arguments. Out: text and an exit code (0 done, 1 failed, 2 bad use, 3 held back by quality). Invariant:
`mdm --help` loads
neither Dagster nor Great Expectations nor Polars. Does not belong here: anything that another caller could want.
"""
