"""Assets: one multi-asset per stage transaction, made from the contract and the configuration.

In: configuration and contract. Out: asset definitions. Invariant: an asset does nothing but call its stage and report.
Does not belong here: row logic, Dagster jobs.
"""
