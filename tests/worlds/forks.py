"""Processes to be killed, forked by a server that has what they need imported: their start costs no seconds."""

import multiprocessing
import pkgutil

from stillwatch.evidence import families
from stillwatch.ingest import formats

__all__ = ["FORKS"]

_IN_FOLDERS = [
    f"{folder.__name__}.{one.name}" for folder in (families, formats) for one in pkgutil.iter_modules(folder.__path__)
]

FORKS = multiprocessing.get_context("forkserver")
# One server serves all tests of a process: what any of them begins with, and what a command loads once it needs it.
FORKS.set_forkserver_preload(
    [
        "httpx",
        "pyarrow.dataset",
        "scipy.stats",
        "stillwatch.alliance.hub",
        "stillwatch.api",
        "stillwatch.cli.alliance",
        "stillwatch.gateway.serve",
        "stillwatch.policy",
        "stillwatch.rounds.matching",
        "stillwatch.services.rounds",
        *_IN_FOLDERS,
    ]
)
