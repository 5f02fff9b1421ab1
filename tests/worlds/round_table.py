"""Members around one hub on loopback, and everything that goes over the wire between them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from founded import founded

from stillwatch.alliance.hub import Hub, admit, serving
from stillwatch.rounds.matching import HttpMailbox, Limits, MatchingState, Participant, canonical
from stillwatch.rounds.messages import Round
from stillwatch.rounds.relay import matching_router

NAMES = ("alpha", "beta", "gamma")


@dataclass
class Table:
    """Members around one hub; ``wire`` holds every byte that went either way."""

    url: str
    hub: Hub
    tokens: Mapping[str, str]
    folder: Path
    wire: list[tuple[str, str, bytes, bytes]] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    def mailbox(self, name: str) -> HttpMailbox:
        def record(response: httpx.Response) -> None:
            response.read()
            request = response.request
            self.wire.append((name, f"{request.method} {request.url}", request.content, response.content))

        client = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.tokens[name]}"},
            event_hooks={"response": [record]},
            trust_env=False,
        )
        self._stack.callback(client.close)
        return HttpMailbox(client)

    def secrets(self, name: str) -> dict[str, bytes]:
        return {
            other: "".join(sorted((name, other))).encode().ljust(32, b"-")[:32]
            for other in self.tokens
            if other != name
        }

    def state(self, name: str) -> MatchingState:
        opened = MatchingState(self.folder / f"{name}.state")
        self._stack.callback(opened.close)
        return opened

    def begin(self, round_id: str = "r1", threshold: int = 2) -> None:
        """Open a round of all."""
        self.mailbox("alpha").begin(Round(round_id, tuple(sorted(self.tokens)), threshold))

    def member(self, name: str, round_id: str = "r1", limits: Limits | None = None) -> Participant:
        return Participant(
            self.mailbox(name), self.state(name), name, self.secrets(name), round_id, limits=limits or Limits()
        )

    def close(self) -> None:
        self._stack.close()


Held = Mapping[str, Mapping[tuple[str, str], int]]


def loaded(held: Mapping[tuple[str, str], int]) -> list[tuple[str, str, int]]:
    assert canonical(held) == set(held)
    return [(kind, value, count) for (kind, value), count in sorted(held.items())]


@contextmanager
def seated(folder: Path, names: Sequence[str] = NAMES) -> Iterator[Table]:
    """A hub on loopback and its members."""
    hub = founded(folder / "matching-hub.db")
    tokens = {name: admit(hub, name) for name in names}
    with serving(hub, routers=[matching_router()]) as running:
        made = Table(running.url, hub, tokens, folder)
        yield made
        made.close()
    hub.close()
