"""Who is linked with whom: pairs worth weighing, and their match weights, a family of evidence a column."""

from stillwatch.linking.blocking import candidate_pairs
from stillwatch.linking.weights import Linker, Links

__all__ = ["Linker", "Links", "candidate_pairs"]
