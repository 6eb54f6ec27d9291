"""Compares clusters with a known truth.

In: a frame of clusters, a file or frame of the truth. Out: `Evaluation`. Invariant: pure functions.
Does not belong here: reading the hub, choosing thresholds.
"""

from mdm_pipeline.evaluation.measures import Agreement, Evaluation, NotAPartition, Scores, evaluate
from mdm_pipeline.evaluation.truth import TruthUnreadable, read_truth

__all__ = ["Agreement", "Evaluation", "NotAPartition", "Scores", "TruthUnreadable", "evaluate", "read_truth"]
