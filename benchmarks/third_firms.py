"""Honest firms that look like campaigns: agencies, resellers, label crews, licensed synthesis, start-ups, hobbyists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from third_accounts import Account
from third_clients import HOMES, HOSTING, by_weight
from third_corpora import Turn
from third_phrases import DOMAINS
from third_times import DAY, Pace
from third_world import World
from third_wrappers import Wrapper

__all__ = ["Firms"]

_COPY = (
    "SEO article about {x}", "three ad headlines for {x}", "product text: {x}", "instagram caption {x}",
    "meta description for {x}", "outline: {x} vs {y}", "landing page copy, {x}, audience {who}",
)  # fmt: skip
_SYNTHESIS: tuple[Pace, ...] = ("burst", "nightly", "steady")
_HOBBY: tuple[Pace, ...] = ("burst", "burst", "steady", "nightly")
_FIRST_INSTRUCTIONS = 2500


class Firms:
    """Adds firms to a world; a median is of how much one account sends."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng

    def agency(self, count: int, median: float) -> None:
        """Copywriters on one card, with a few wrappers and a few forms between them."""
        world, rng, talk = self._world, self._rng, self._world.talk
        wrappers = [world.wrappers.make(rng.choice(("expert", "plain", "json"))) for _ in range(rng.randint(1, 4))]
        forms = [rng.choice(_COPY) for _ in range(4)]
        card, mail = world.card(), world.company()
        for account in world.group(count, "agency", ("ui", "sdk"), card=card, mail=mail, works=True):
            for moment in world.clock.human(account, world.volume(median, 0.9), works=True):
                if rng.random() < 0.3:
                    world.converse(account, moment, talk.conversation(["office", "writing"], world.mix)[:2])
                    continue
                wrapper = rng.choice(wrappers)
                system, prompt = wrapper.around(talk.fill(rng.choice(forms)))
                world.converse(account, moment, [(prompt, None)], system, typed=False)

    def reseller(self, count: int, users: int, median: float) -> list[Account]:
        """Accounts on one card and a few addresses that forward other people's talk; the accounts."""
        world, rng = self._world, self._rng
        one_client = rng.random() < 0.6
        card, spread, network = world.card(), rng.uniform(1, 60), by_weight(rng, HOSTING)
        accounts = world.group(
            count,
            "reseller",
            "sdk",
            one_door=False,
            card=card,
            spread_days=spread,
            network=network,
            created=-rng.uniform(0, 90) * DAY,
        )
        first = accounts[0]
        doors = [world.address_in(first.network) for _ in range(rng.randint(1, 8))]
        mail = rng.choice((None, world.company()))
        for account in accounts:
            account.addresses, account.pivots, account.sessions = doors, rng.random() < 0.5, True
            if one_client:
                account.agent, account.fingerprint = first.agent, first.fingerprint
            account.mail = mail or account.mail
        sticky = rng.random() < 0.7
        for _ in range(users):
            self._forward(accounts, median, sticky=sticky)
        return accounts

    def _forward(self, accounts: Sequence[Account], median: float, *, sticky: bool) -> None:
        """All that one of a reseller's users says, through an account of his, mostly, or through any."""
        world, rng = self._world, self._rng
        zone = by_weight(rng, HOMES).utc_offset_hours
        user = replace(accounts[0], zone=zone, created=min(accounts[0].created, -1), domains=rng.sample(DOMAINS, 3))
        user.client_class, user.sloppiness = rng.choice(("ui", "ui", "ide")), rng.betavariate(1, 2)
        count, made = world.volume(median, 1.1, 300), 0
        home = rng.choice(accounts)
        temperature, most_tokens = rng.choice((None, None, 0.7, 1)), rng.choice((None, 1024, 4096))
        for moment in world.clock.human(user, max(1, count // 2 + 1), works=False):
            if made >= count:
                break
            account = home if sticky and rng.random() < 0.8 else rng.choice(accounts)
            own = account.temperature, account.most_tokens, account.sloppiness, account.model
            account.temperature, account.most_tokens = temperature, most_tokens
            account.sloppiness, account.model = user.sloppiness, world.a_model()
            turns = world.talk.conversation(user.domains, world.mix, developer=user.client_class == "ide")
            made += world.converse(account, moment, turns, most=count - made)
            account.temperature, account.most_tokens, account.sloppiness, account.model = own

    def crew(self, count: int, each: int) -> None:
        """A crew of labellers that shares out one set of instructions."""
        world, rng = self._world, self._rng
        items = world.texts.instructions(count * each)
        wrapper = world.wrappers.make(rng.choice(("grade", "teach", "plain"))) if rng.random() < 0.6 else None
        vendor = rng.random() < 0.5
        crew = world.group(
            count,
            "label-crew",
            ("ui", "ui", "sdk"),
            one_door=rng.random() < 0.6,
            card=world.card() if rng.random() < 0.7 else None,
            mail=world.company() if vendor else None,
            created=rng.uniform(-60, 2) * DAY,
            spread_days=rng.uniform(1, 14),
            works=True,
        )
        weights = [rng.paretovariate(2) for _ in crew]
        shares: list[list[Turn]] = [[] for _ in crew]
        for item, whose in zip(items, rng.choices(range(count), weights, k=len(items)), strict=True):
            shares[whose].append(item)
        for account, mine in zip(crew, shares, strict=True):
            moments = world.clock.human(account, len(mine), works=True)
            for moment, (text, answer) in zip(moments, mine, strict=True):
                system, prompt = _wrapped(wrapper, text)
                turns = [(prompt, answer), *world.talk.follow_up(0.1)]
                world.converse(account, moment, turns, system, typed=False)
            if rng.random() < 0.4:
                world.chat(account, world.volume(3, 1))

    def licensed(self, count: int, total: int) -> None:
        """A firm that makes training data under a licence: so many requests from a few accounts of an enterprise."""
        world, rng = self._world, self._rng
        items = world.texts.instructions(min(total, _FIRST_INSTRUCTIONS))
        wrapper = world.wrappers.make() if rng.random() < 0.7 else None
        accounts = world.group(
            count,
            "licensed-synth",
            "sdk",
            one_door=rng.random() < 0.5,
            card=world.card(),
            mail=world.company(),
            network=by_weight(rng, HOSTING),
        )
        for account in accounts:
            account.plan, account.verified = "enterprise", True
            for moment in world.clock.machine(account, total // count, rng.choice(_SYNTHESIS)):
                text, answer = rng.choice(items)
                system, prompt = _wrapped(wrapper, text)
                world.send(account, moment, prompt, system=system, answer=answer)

    def hobbyist(self, median: float, public: Sequence[Turn]) -> None:
        """Somebody who distils for himself: from a set that others have too, or from one of his own."""
        world, rng = self._world, self._rng
        account = world.account("hobby-distiller", "sdk")
        account.sessions = False
        count = world.volume(median, 0.9, 1500)
        wrapper = world.wrappers.make() if rng.random() < 0.5 else None
        theirs = rng.random() < 0.5
        items = rng.sample(public, min(count, len(public))) if theirs else world.texts.instructions(count)
        if rng.random() < 0.2:
            items = [(document[0][0], None) for document in world.texts.take("selfinst", min(count, 80))]
        for number, moment in enumerate(world.clock.machine(account, count, rng.choice(_HOBBY))):
            text, answer = items[number % len(items)]
            system, prompt = _wrapped(wrapper, text)
            world.send(account, moment, prompt, system=system, answer=answer)

    def startup(self, count: int, median: float) -> None:
        """A product under one wrapper, whose accounts share a card."""
        world, rng = self._world, self._rng
        wrapper = world.wrappers.make()
        card, mail, network = world.card(), world.company(), by_weight(rng, HOSTING)
        accounts = world.group(
            count, "startup", ("sdk", "ide"), one_door=False, card=card, mail=mail, network=network, spread_days=30
        )
        for account in accounts:
            for moment in world.clock.machine(account, world.volume(median, 1, 500), "product"):
                said = world.talk.conversation(accounts[0].domains, world.mix)[0][0]
                system, prompt = wrapper.around(said)
                world.converse(account, moment, [(prompt, None)], system, typed=False)


def _wrapped(wrapper: Wrapper | None, text: str) -> tuple[str | None, str]:
    return wrapper.around(text) if wrapper else (None, text)
