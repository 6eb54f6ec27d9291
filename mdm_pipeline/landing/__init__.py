"""Landing: what the sources said, verbatim as text, and what changed since they said it last.

In: deliveries of `sources`. Out: `landing.<source>__<table>`, `record`, `version`, `batch`, `change`.
Invariant: the live rows of a table are exactly its last delivery; a delivery that changes nothing writes
nothing. Does not belong here: types, cleaning, canonical names (staging), and how a source is read
(sources).
"""
