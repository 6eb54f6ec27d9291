"""Self-proof: at the end of a night some components are rebuilt from raw landing and compared with the hub.

In: the hub at rest, the company's stages. Out: `Proof`. Invariant: the hub is only read; the work is in proportion to
what is rebuilt. Valid because a component's clusters depend on its own records, the frozen model and the decisions
alone. Does not belong here: telling anybody, the stages themselves.
"""

from mdm_pipeline.operations.self_proof.proof import Proof, prove

__all__ = ["Proof", "prove"]
