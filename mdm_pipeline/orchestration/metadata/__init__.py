"""What an asset shows of itself in the Dagster UI.

In: the hub after a stage. Out: metadata. Invariant: reading only. Does not belong here: verdicts (checks).
"""
