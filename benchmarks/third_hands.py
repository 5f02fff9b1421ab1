"""What campaigns have: accounts of their own, texts to ask, and a way to share them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from third_accounts import Account, Address
from third_clients import HOSTING, PUBLIC_MAIL, THROWAWAY_MAIL, Network, by_weight
from third_times import DAY, Wave
from third_world import World

__all__ = ["Hands", "Source"]

_FAMILIES: dict[str, dict[str, float]] = {
    "broad": {
        "codegen": 3,
        "roleplay": 2,
        "tool": 2,
        "arena": 1,
        "oasstp": 0.5,
        "cot": 1,
        "gorilla": 0.5,
        "bfcl": 0.7,
        "hh": 0.3,
    },
    "code": {"codegen": 5, "arena": 1, "swe": 0.5, "humaneval": 0.4, "gorilla": 1},
    "reason": {"cot": 5, "gsm8k": 0.5, "mmlu": 1, "arena": 0.8},
    "tools": {"tool": 5, "toolalp": 0.3, "gorilla": 2, "bfcl": 2},
}
# What a family that is too small is filled up from.
_LARGE = ("codegen", "tool", "cot")
_LONGEST = 3500
# What a client's configuration is.
_CONFIGURED = (
    *("agent", "fingerprint", "bare", "stream", "temperature", "most_tokens", "top_p", "client_class", "sessions"),
    "model",
)


class Source:
    """The texts that campaigns of one world ask, and the answers of the corpora to them."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng
        self._answers: dict[str, str | None] = {}

    def answer(self, prompt: str) -> str | None:
        """The corpus's answer, if it has one."""
        return self._answers.get(prompt)

    def answered_as(self, prompt: str, original: str) -> None:
        """The prompt is another form of this one, and has its answer."""
        self._answers[prompt] = self._answers.get(original)

    def pool(self, count: int, family: str | None = None) -> tuple[list[str], str]:
        """So many instructions of the campaigns' documents, or fewer where they run out, and their family."""
        rng, side = self._rng, self._world.texts.campaign
        family = family or rng.choice(("broad", "broad", "broad", "code", "reason", "tools"))
        weights = {source: weight * rng.uniform(0.4, 1.6) for source, weight in _FAMILIES[family].items()}
        stock = {source: side.prompts(source) for source in weights}
        for source in weights:
            self._answers |= {document[0][0]: document[0][1] for document in side.documents[source]}
        if count > sum(map(len, stock.values())) * 0.85:
            stock |= {source: side.prompts(source) for source in _LARGE}
            weights |= {source: weights.get(source, 0.5) for source in _LARGE}
        out: list[str] = []
        while len(out) < count and stock:
            source = rng.choices(list(stock), [weights[one] for one in stock])[0]
            if not stock[source]:
                del stock[source]
                continue
            prompt = self._bare(source, stock[source].pop())
            if len(prompt) < _LONGEST:
                out.append(prompt)
        popular = self._world.texts.popular
        many = int(count * rng.uniform(0, 0.02))
        out[:many] = rng.sample(popular, min(many, len(popular)))
        rng.shuffle(out)
        return out, family

    def _bare(self, source: str, prompt: str) -> str:
        """A test's question without the frame of the test."""
        if source == "gsm8k":
            return prompt.replace("Question: ", "").replace("\nAnswer:", "")
        if source == "mmlu":
            bare = prompt.split(".\n\n", 1)[-1].replace("\nAnswer:", "")
            self.answered_as(bare, prompt)
            return bare
        return prompt


class Hands:
    """Makes the accounts of campaigns, their clients and parameters from the honest tables."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng

    def make(
        self,
        count: int,
        campaign: str,
        *,
        cards: int | None = None,
        networks: int | None = None,
        created: float | None = None,
        spread: float | None = None,
        shared: bool = True,
        mode: str | None = None,
        own_cards: float | None = None,
    ) -> list[Account]:
        """So many accounts of one campaign; what is not given is drawn.

        Args:
            count: how many.
            campaign: its name.
            cards: that they share.
            networks: of hosting.
            created: the hour by which they are there.
            spread: over how many hours before it they signed up.
            shared: cards, networks and clients are; else each has its own.
            mode: ``host``, ``proxy`` or ``mixed``.
            own_cards: the share of accounts with a card of its own all the same.
        """
        world, rng = self._world, self._rng
        cards = cards or (rng.randint(3, 8) if world.small else max(2, int(count / rng.uniform(6, 12))))
        networks = networks or rng.randint(2, 4)
        hosts = [by_weight(rng, HOSTING) for _ in range(networks)]
        mode = mode or rng.choices(["host", "mixed", "proxy"], [0.5, 0.3, 0.2])[0]
        kinds = rng.choices([1, 2, 4, count], [0.3, 0.25, 0.25, 0.2])[0]
        purse = [world.card() for _ in range(cards)]
        created = rng.uniform(0.05, 0.25) * world.clock.days * DAY if created is None else created
        spread = spread or rng.uniform(1, 6) * DAY
        throwaway = rng.uniform(0, 0.25)
        own_cards = rng.uniform(0, 0.3) if own_cards is None else own_cards
        patterns = self._patterns(min(kinds, count))
        doors: dict[int, list[Address]] = {}
        for host in hosts:
            doors[host.number] = [world.address_in(host) for _ in range(rng.randint(3, 30))]
        out = []
        for _ in range(count):
            there = created - rng.uniform(0, spread) - (rng.uniform(0, 60) * DAY if rng.random() < 0.1 else 0)
            account = world.account("campaign", created=there)
            account.campaign = campaign
            if shared:
                if kinds < count:
                    _configure(account, rng.choice(patterns))
                account.payment = rng.choice(purse) if rng.random() > own_cards else world.card()
                account.plan = rng.choice(("payg", "payg", "pro"))
                self._place(account, rng.choice(hosts), mode, doors)
            throws = rng.random() < throwaway
            account.mail = rng.choice(THROWAWAY_MAIL) if throws else by_weight(rng, PUBLIC_MAIL).domain
            account.verified, account.pivots = rng.random() < 0.7, rng.random() < 0.5
            account.pivot_delay = rng.expovariate(1 / 15)
            out.append(account)
        told: dict[str, Any] = {"cards": cards, "nets": networks, "mode": mode, "cfgs": kinds, "throw": throwaway}
        world.draws.setdefault("hands", []).append(told | {"shared": shared})
        return out

    def _place(self, account: Account, host: Network, mode: str, doors: dict[int, list[Address]]) -> None:
        """On a host of the campaign's, at a few of its addresses there, or behind somebody's home."""
        rng = self._rng
        if (rng.choice(("host", "proxy")) if mode == "mixed" else mode) == "host":
            account.network = host
            account.addresses = rng.sample(doors[host.number], rng.randint(1, 3))
        else:
            account.proxies = rng.choice(("world", "one"))

    def _patterns(self, count: int) -> list[Account]:
        """Accounts that are nobody's, for others to be configured like them."""
        accounts = self._world.accounts
        made = [self._world.account("pattern", self._rng.choice(("sdk", "sdk", "ui"))) for _ in range(count)]
        del accounts[len(accounts) - count :]
        return made

    def waves(self) -> list[Wave]:
        """When a campaign's accounts send together."""
        low, high = (2, 7) if self._world.small else (4, 18)
        return self._world.clock.waves(self._rng.randint(low, high))

    def shared_out(self, pool: Sequence[str], count: int, total: int) -> list[list[str]]:
        """What each of so many accounts asks, of so many questions in all: mostly each once, some twice."""
        rng = self._rng
        again = rng.uniform(0, 0.15)
        weights = [rng.paretovariate(rng.choice((1.8, 3))) for _ in range(count)]
        asked = list(pool[:total])
        asked += [rng.choice(asked) for _ in range(total - len(asked))]
        asked += rng.sample(asked, int(len(asked) * again))
        asked = asked[-total:]
        out: list[list[str]] = [[] for _ in range(count)]
        if self._world.small:
            rng.shuffle(asked)
            for number, question in enumerate(asked):
                out[number % count].append(question)
        else:
            for question, whose in zip(asked, rng.choices(range(count), weights, k=len(asked)), strict=True):
                out[whose].append(question)
        return out


def _configure(account: Account, like: Account) -> None:
    for name in _CONFIGURED:
        setattr(account, name, getattr(like, name))
