"""What is worked out before anybody asks: templates, the log's cases, first screens of runs, graphs of large campaigns.

    Ahead.begin > a thread > whatever a first look would wait for, the latest run first, runs that come later too

Nothing of it is needed: whoever is faster waits for the same work, which is done once. How much is done ahead has an
end, so that a folder of a thousand runs costs no more than one of twenty.
"""

from __future__ import annotations

import contextlib
import gc
import threading

from stillwatch.console.belonging import belonging_of_campaigns, choices_of
from stillwatch.console.pages import make_pages
from stillwatch.console.runs import Run
from stillwatch.console.service import Console
from stillwatch.console.views.campaign import draw_large_graphs
from stillwatch.console.views.overview import prepare, run_before
from stillwatch.core import StillwatchError
from stillwatch.listening import settle

__all__ = ["Ahead"]

_MOST_RUNS = 20
_LOOK_SECONDS = 5.0
_WAIT_SECONDS = 30


class Ahead:
    """The work of one console.

    Args:
        console: what is to answer quickly.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._done: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True, name="ahead")

    def begin(self) -> None:
        """Work beside the server until ``stop``."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more, and wait for what is under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=_WAIT_SECONDS)
        gc.unfreeze()  # or DuckDB says at the end what is still there

    def _work(self) -> None:
        self.once()
        while not self._stopping.wait(_LOOK_SECONDS):
            self.look()
            self.check()

    def once(self) -> None:
        """All that there is to be done now."""
        # What is made here stays: to look for garbage among it takes as long again.
        gc.disable()
        try:
            self.first()
            self.look()
        finally:
            gc.enable()
            settle()

    def first(self) -> None:
        """What every page needs; what is wrong with it is told to whoever asks."""
        pages, console = make_pages(), self._console
        for name in pages.list_templates(extensions=["j2"]):
            pages.get_template(name)
        with contextlib.suppress(StillwatchError):
            runs = console.runs.all()
            console.copies.forget_others(runs)
            for run in runs[:_MOST_RUNS]:
                console.copies.use_made(run)
            prepare(runs[0], run_before(console, runs[0]))
            console.cases.cases()
            console.cases.labels()
            for run in runs:
                console.copies.want(run)

    def look(self) -> None:
        """First screens of runs that have none, then their large graphs."""
        with contextlib.suppress(StillwatchError):
            new = [run for run in self._console.runs.all()[:_MOST_RUNS] if run.sha256 not in self._done]
            self._done.update(run.sha256 for run in new)
            for run in new:
                self._screen(run)
            for run in new:
                self._graphs(run)

    def check(self) -> None:
        """The chain of the log of who looked; what is wrong with it is told to whoever opens the log."""
        with contextlib.suppress(StillwatchError):
            while self._console.log_pages.check() and not self._stopping.is_set():
                pass

    def _screen(self, run: Run) -> None:
        with contextlib.suppress(StillwatchError):
            if not self._stopping.is_set():
                prepare(run, run_before(self._console, run))
                choices_of(run)
                belonging_of_campaigns(run)

    def _graphs(self, run: Run) -> None:
        with contextlib.suppress(StillwatchError):
            draw_large_graphs(run, self._stopping.is_set)
