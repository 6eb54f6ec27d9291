"""Connectors: every source table as batches of the source's own text.

In: a source's configuration and the folder its paths are below. Out: a `Delivery` with Arrow batches, all
text. Invariant: no value is typed, trimmed or corrected here; what cannot be read is a `ReadProblem`, never
silence. Does not belong here: the hub, keys, and what changed since last time (landing does that).
"""
