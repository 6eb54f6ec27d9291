"""Quality: a gate beside the flow. Suites judge what staging (or landing) committed.

In: `quality.yaml`, committed tables, releases by stewards. Out: `quality.validation_run`,
`expectation_result`, `issue` and `quarantined`. Invariant: what is quarantined is exactly what Great
Expectations counted; a suite that cannot be evaluated is reported as broken and never taken for bad
data. Does not belong here: correcting values.
"""
