"""Logs of a few days: fifty accounts and two thousand exchanges, of which a campaign has twenty and eight hundred."""

from __future__ import annotations

from collections.abc import Callable

from third_accounts import Account
from third_campaigns import Campaigns
from third_honest import Honest
from third_world import Record, World

__all__ = ["fill_small"]

_MEMBERS, _EACH = 20, 40
_OTHERS, _THEIRS = 30, 1200


def fill_small(world: World, honest: Honest, campaigns: Campaigns, kind: str) -> None:
    """A campaign of this kind, and honest parties of random sorts.

    Args:
        world: an empty one.
        honest: adds its people.
        campaigns: adds its campaign.
        kind: ``template``, ``pool``, ``cover``, ``adaptive`` (with cover) or ``reworded`` (without).
    """
    name = "campaign-1"
    hide: dict[str, Callable[[], None]] = {
        "template": lambda: campaigns.template(name, _MEMBERS, _MEMBERS * _EACH),
        "pool": lambda: campaigns.pool(name, _MEMBERS, _MEMBERS * _EACH),
        "cover": lambda: campaigns.cover(name, _MEMBERS, _EACH),
        "adaptive": lambda: campaigns.reworded(name, _MEMBERS, _EACH, covered=True),
        "reworded": lambda: campaigns.reworded(name, _MEMBERS, _EACH, covered=False),
    }
    hide[kind]()
    members = len(world.accounts)
    _add_parties(world, honest, members)
    _trim(world, world.accounts[members:])


def _parties(world: World, honest: Honest) -> list[Callable[[], object]]:
    """What makes one party of each sort, small enough for such a log."""
    rng, people, programs, firms = world.rng, honest.people, honest.programs, honest.firms
    public = world.texts.instructions(200)
    return [
        lambda: firms.crew(rng.randint(3, 8), rng.randint(15, 45)),
        lambda: people.classroom(rng.randint(4, 9)),
        lambda: people.office(rng.randint(2, 6), 20),
        lambda: firms.agency(rng.randint(2, 4), 30),
        lambda: programs.harness(90),
        lambda: programs.retrieval(50),
        lambda: programs.retrieval(50),
        lambda: programs.agent(50),
        lambda: firms.hobbyist(60, public),
        lambda: programs.deployer(20),
        lambda: programs.deployer(20),
        lambda: programs.batch(120),
        lambda: programs.game(50),
        lambda: programs.probe(40),
        lambda: people.translator(30),
        lambda: firms.startup(rng.randint(2, 3), 30),
        people.family,
        lambda: people.homework(rng.randint(2, 5)),
        lambda: firms.reseller(rng.randint(1, 4), 12, 5),
        lambda: people.release(rng.randint(2, 5), 12),
        lambda: firms.licensed(2, 160),
    ]


def _add_parties(world: World, honest: Honest, members: int) -> None:
    """Thirty honest accounts: of some sorts, then of people alone."""
    rng, parties = world.rng, _parties(world, honest)
    rng.shuffle(parties)
    for party in parties:
        if len(world.accounts) - members >= rng.randint(14, 26):
            break
        party()
    while len(world.accounts) - members > _OTHERS:
        gone = world.accounts.pop().account_id
        world.records = [record for record in world.records if record["account_id"] != gone]
    while len(world.accounts) - members < _OTHERS:
        if rng.random() < 0.5:
            honest.people.chatter()
        else:
            honest.people.developer()


def _trim(world: World, others: list[Account]) -> None:
    """Twelve hundred exchanges of these accounts: the largest are thinned, or some talk; each has at least one."""
    rng, names = world.rng, {account.account_id for account in others}
    theirs = [record for record in world.records if record["account_id"] in names]
    campaign = [record for record in world.records if record["account_id"] not in names]
    while len(theirs) > _THEIRS:
        theirs = _thinned(world, theirs)
    world.records = []
    missing = _THEIRS - len(theirs)
    while missing > 0:
        account, before = rng.choice(others), len(world.records)
        world.chat(account, min(missing, world.volume(8, 1)))
        missing -= len(world.records) - before
    world.records += theirs + campaign
    heard = {record["account_id"] for record in world.records}
    for account in others:
        if account.account_id not in heard:
            world.chat(account, 1)


def _thinned(world: World, records: list[Record]) -> list[Record]:
    """The records without a quarter, at most, of those of the account that has most."""
    by_account: dict[str, list[Record]] = {}
    for record in records:
        by_account.setdefault(record["account_id"], []).append(record)
    largest = max(by_account.values(), key=len)
    many = max(1, min(len(records) - _THEIRS, len(largest) // 4))
    gone = {record["exchange_id"] for record in world.rng.sample(largest, many)}
    return [record for record in records if record["exchange_id"] not in gone]
