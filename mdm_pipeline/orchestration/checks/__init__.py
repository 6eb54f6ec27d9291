"""Asset checks: invariants over whole tables, each one SQL file that counts what breaks it.

In: the hub after a stage's commit. Out: check results; blocking ones stop the stages behind. Invariant: a
check file yields
one row (failures, example). Does not belong here: rules about single values, those are suites in quality.
"""
