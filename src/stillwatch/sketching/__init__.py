"""What single exchanges show: pure functions from an Arrow batch to an Arrow batch or array.

One file, one signal. A signal sees a batch of exchanges and nothing else, so that the same
function runs in a worker process and in a cluster's. What needs more than one exchange lives in
``profiles`` and above.
"""

from stillwatch.sketching.embedding import DIMENSIONS as EMBEDDED
from stillwatch.sketching.features import WIDTH, text_features
from stillwatch.sketching.sketch import BANDS, SKETCH, SLOTS, estimate_jaccard, sketch_batch
from stillwatch.sketching.wording import Wording, wording_flags
from stillwatch.sketching.words import hash_strings

__all__ = [
    "BANDS",
    "EMBEDDED",
    "SKETCH",
    "SLOTS",
    "WIDTH",
    "Wording",
    "estimate_jaccard",
    "hash_strings",
    "sketch_batch",
    "text_features",
    "wording_flags",
]
