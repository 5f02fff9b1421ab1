"""What peers or the hub did that they should not have, each said once, in bounded number: they decide how often."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Problems"]

_MOST = 1_000
_MORE = "and more of the like"


class Problems(list[str]):
    """Lines in the order in which they came."""

    def append(self, line: str) -> None:
        """Add a line that is not there yet."""
        if len(self) < _MOST and line not in self:
            super().append(line)
        elif len(self) == _MOST and line not in self:
            super().append(_MORE)

    def extend(self, lines: Iterable[str]) -> None:
        """Add several."""
        for line in lines:
            self.append(line)

    def __iadd__(self, lines: Iterable[str]) -> Problems:  # type: ignore[override,misc]
        self.extend(lines)
        return self
