"""Turns at the upstream: how many requests are there at once, of one account and in all, and who makes way.

Whoever makes the upstream wait (a body that does not come, an answer that is not taken) holds a turn that somebody
else could use. While turns are plenty the time-outs are patient; once somebody waits for one, the turn that has
stood still longest is taken away. Requests whose bodies are still coming hold half of the turns at most: however fast
or slowly bodies are sent, those that are here whole are answered.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable

__all__ = ["NoTurn", "Turn", "Turns"]

_STANDS_STILL_SECONDS = 0.5
_LOOK_SECONDS = 0.1


class NoTurn(Exception):
    """There was none in time; it never leaves this package.

    Attributes:
        account_full: whether the account has its share already.
    """

    def __init__(self, *, account_full: bool) -> None:
        super().__init__("its account has too many requests under way" if account_full else "every turn is taken")
        self.account_full = account_full


class Turn:
    """One request's.

    Args:
        account: whose.
        end: called when the turn is taken away.

    Attributes:
        still_since: since when the client has been waited for, by the loop's clock; None where it is not.
        upload: whether the body is still to come.
    """

    __slots__ = ("account", "end", "still_since", "upload")

    def __init__(self, account: str, end: Callable[[], None]) -> None:
        self.account = account
        self.end = end
        self.still_since: float | None = None
        self.upload = False


class Turns:
    """Gives turns in the order in which they are asked for.

    Args:
        most: at once.
        per_account: at once, of one account.
        wait_seconds: longest wait for one.
    """

    def __init__(self, most: int, per_account: int, wait_seconds: float) -> None:
        self._most = most
        self._most_uploads = max(1, most // 2)
        self._uploads = 0
        self._per_account = per_account
        self._wait_seconds = wait_seconds
        self._held: dict[Turn, None] = {}
        self._of: Counter[str] = Counter()
        self._waiting: deque[tuple[Turn, asyncio.Future[None]]] = deque()
        self._looking: asyncio.TimerHandle | None = None

    async def take(self, turn: Turn) -> None:
        """Wait for a turn.

        Raises:
            NoTurn: there was none in time.
        """
        if self._free(turn):
            self._give(turn)
            return
        loop = asyncio.get_running_loop()
        given = loop.create_future()
        entry = (turn, given)
        self._waiting.append(entry)
        self._look()
        timer = loop.call_later(self._wait_seconds, _late, given)
        try:
            await given
        except BaseException:
            if turn in self._held:
                self.leave(turn)
            raise
        finally:
            timer.cancel()
            if entry in self._waiting:
                self._waiting.remove(entry)
        if turn not in self._held:
            raise NoTurn(account_full=self._of[turn.account] >= self._per_account)

    def leave(self, turn: Turn) -> None:
        """Give a turn back; one that was taken away is back already."""
        if turn not in self._held:
            return
        del self._held[turn]
        self._uploads -= turn.upload
        self._of[turn.account] -= 1
        if not self._of[turn.account]:
            del self._of[turn.account]
        self._pass_on()

    def uploaded(self, turn: Turn) -> None:
        """The body is whole."""
        if turn.upload and turn in self._held:
            self._uploads -= 1
            turn.upload = False
            self._pass_on()

    def _free(self, turn: Turn) -> bool:
        fits = len(self._held) < self._most and self._of[turn.account] < self._per_account
        return fits and not (turn.upload and self._uploads >= self._most_uploads)

    def _give(self, turn: Turn) -> None:
        self._held[turn] = None
        self._of[turn.account] += 1
        self._uploads += turn.upload

    def _pass_on(self) -> None:
        """Give what is free to those who wait."""
        if not self._waiting:
            return
        for entry in list(self._waiting):
            if len(self._held) >= self._most:
                return
            turn, given = entry
            if not given.done() and self._free(turn):
                self._waiting.remove(entry)
                self._give(turn)
                given.set_result(None)

    def _look(self) -> None:
        """While somebody waits, see again and again who stands still."""
        if self._looking is None:
            self._looking = asyncio.get_running_loop().call_later(0, self._make_room)

    def _make_room(self) -> None:
        self._looking = None
        if not self._waiting:
            return
        loop = asyncio.get_running_loop()
        since = loop.time() - _STANDS_STILL_SECONDS
        still = sorted(
            (turn for turn in self._held if turn.still_since is not None and turn.still_since <= since),
            key=lambda turn: turn.still_since or 0.0,
        )
        for waiting, _ in list(self._waiting):
            account_full = self._of[waiting.account] >= self._per_account
            uploads_full = waiting.upload and self._uploads >= self._most_uploads
            ways = (
                turn
                for turn in still
                if (turn.account == waiting.account or not account_full) and (turn.upload or not uploads_full)
            )
            one = next(ways, None)
            if one is not None:
                still.remove(one)
                self.leave(one)
                one.end()
        self._looking = loop.call_later(_LOOK_SECONDS, self._make_room)


def _late(given: asyncio.Future[None]) -> None:
    if not given.done():
        given.set_result(None)
