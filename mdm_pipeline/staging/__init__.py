"""Staging: the landed rows of all sources in one canonical, standardized form.

In: `landing.<source>__<table>` (text) and the mappings of the configuration. Out: `staging.party`, its
children, `party_link` and the business events. Invariant: every live landed row of a mapped table is staged,
or has an issue of severity `reject`. Does not belong here: judging (quality), comparing records (matching).
"""
