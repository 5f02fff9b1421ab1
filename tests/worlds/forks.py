"""Processes to be killed, forked by a server that has what they need imported: their start costs no seconds."""

import multiprocessing

__all__ = ["FORKS"]

FORKS = multiprocessing.get_context("forkserver")
# One server serves all tests of a process: what any of them begins with.
FORKS.set_forkserver_preload(
    [
        "httpx",
        "scipy.stats",
        "stillwatch.alliance.hub",
        "stillwatch.api",
        "stillwatch.cli.alliance",
        "stillwatch.rounds.matching",
        "stillwatch.services.rounds",
    ]
)
