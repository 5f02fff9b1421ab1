"""What a gateway recorded: requests on which there is a decision, counted as `gateway effects` counts them."""

# ruff: noqa: PLC0415 - who has no gateway needs none of what it stands on

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stillwatch.core import MissingDependency

if TYPE_CHECKING:
    from stillwatch.gateway.tally import Tally

__all__ = ["GatewayRecord"]

Rules = Mapping[str, tuple[str, ...]]


class GatewayRecord:
    """A record, counted once for each state of its files.

    Args:
        folder: of ``stillwatch gateway serve --record``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._counted: dict[str, tuple[object, Tally]] = {}
        self._turn = threading.Lock()

    def tally(self, mode: str, rules: Callable[[], Rules], of: object) -> Tally:
        """The counts.

        Args:
            mode: ``shadow`` or ``enforce``.
            rules: gives for a decision's id the rules behind it.
            of: what is another once ``rules`` gives something else.

        Raises:
            UnreadableInput: the folder holds no record.
            MissingDependency: what a gateway stands on is not installed.
        """
        with MissingDependency.explained("a gateway's record", "gateway"):
            from stillwatch.gateway.tally import tally_of_record
        with self._turn:
            files = sorted((file.name, file.stat().st_size) for file in self.folder.glob("exchanges-*.jsonl"))
            mark = (files, of)
            if mode not in self._counted or self._counted[mode][0] != mark:
                self._counted[mode] = mark, tally_of_record(self.folder, rules(), mode=mode)
            return self._counted[mode][1]
