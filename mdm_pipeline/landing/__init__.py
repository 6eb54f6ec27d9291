"""Landing: what the sources said, verbatim as text, and what changed since they said it last.

In: deliveries of `sources`. Out: `landing.<source>__<table>`, `record`, `version`, `batch`, `change`, and how far each
table is taken (`progress`, `file`). Invariant: the live rows of a table are exactly what its source last said of them,
told whole or in changes; a delivery that changes nothing writes no row of them. Does not belong here: types, cleaning,
canonical names (staging), and how a source is read (sources).
"""
