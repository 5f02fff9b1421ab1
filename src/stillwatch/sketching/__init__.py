"""What single exchanges show: Arrow batch -> Arrow batch or numpy array, pure functions all.

``sketch`` says which prompts are near-duplicates and which sentences they share, ``features`` what a prompt is about
and how it is laid out and written (``embedding``, ``layout``, ``habits``), whole and beside its account's own
``machinery``, ``wording`` what it is for, and ``networks`` where it came from; ``words`` are the words that the first
two are made of. A function here sees a batch and nothing else, so that it runs the same in a worker process and in a
cluster's. What needs more than one exchange lives in ``profiles``.

To add one: a file named for what it tells, a function over an Arrow column or batch, and its line below.
"""

from stillwatch.sketching.embedding import DIMENSIONS as EMBEDDED
from stillwatch.sketching.features import (
    BLOCKS,
    WIDTH,
    SampledFeatures,
    beginnings,
    sampled_features,
    text_features,
    window_features,
)
from stillwatch.sketching.networks import networks
from stillwatch.sketching.rows_by_key import RowsByKey
from stillwatch.sketching.sketch import BANDS, SKETCH, SLOTS, estimate_jaccard, sketch_batch
from stillwatch.sketching.wording import Wording, wording_flags
from stillwatch.sketching.words import hash_strings

__all__ = [
    "BANDS",
    "BLOCKS",
    "EMBEDDED",
    "SKETCH",
    "SLOTS",
    "WIDTH",
    "RowsByKey",
    "SampledFeatures",
    "Wording",
    "beginnings",
    "estimate_jaccard",
    "hash_strings",
    "networks",
    "sampled_features",
    "sketch_batch",
    "text_features",
    "window_features",
    "wording_flags",
]
