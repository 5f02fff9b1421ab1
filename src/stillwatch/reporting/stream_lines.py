"""Parts of streams that come from one source, as terminal and page show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

__all__ = ["StreamLine", "StreamView", "view_streams"]


@dataclass(frozen=True, slots=True)
class StreamLine:
    """One finding; ``run.json`` may lack any of its keys."""

    account_ids: tuple[str, ...] = ()
    org_id: str | None = None
    accounts: int = 0
    exchanges: int = 0
    window: int = 0
    windows: int = 0
    fired: int = 0
    share: float = 0.0
    q_value: float | None = None
    sentence: str = ""
    examples: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Whose stream it is; of several accounts the first, and how many more."""
        if self.org_id or not self.account_ids:
            return self.org_id or ""
        return self.account_ids[0] + (f" and {self.accounts - 1:,} more" if self.accounts > 1 else "")


@dataclass(frozen=True, slots=True)
class StreamView:
    """What was found, and of how many streams."""

    found: tuple[StreamLine, ...] = ()
    considered: int = 0
    unlike: int = 0
    tested: int = 0


def view_streams(info: Mapping[str, Any]) -> StreamView | None:
    """What a run says of streams; None where it says nothing, as runs of earlier versions do."""
    if not isinstance(info.get("streams"), Mapping):
        return None
    try:
        return msgspec.convert(info["streams"], StreamView)
    except msgspec.ValidationError:
        return None
