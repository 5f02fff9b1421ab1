"""A world made from a design: its accounts, and what each exchange of theirs looks like in the log."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stillwatch.range import campaign, groups, jobs, neighbours
from stillwatch.range.account import Account
from stillwatch.range.axes import Design
from stillwatch.range.clock import RELEASES
from stillwatch.range.conversations import give_sessions
from stillwatch.range.script import NEW_MODEL, Stage
from stillwatch.range.sources import open_texts
from stillwatch.range.writing import ANSWERS, identity, opened

__all__ = ["accounts_of", "described", "record", "releases"]

Kind = Callable[[Stage, Sequence[int]], Iterator[Account]]

# Kind: what makes it, its usual number of exchanges beside the others', and how far that spreads.
_KINDS: dict[str, tuple[Kind, float, float]] = {
    "people": (neighbours.people, 9, 1.2),
    "applications": (neighbours.applications, 30, 1.3),
    "offices": (groups.offices, 12, 1.1),
    "agencies": (groups.agencies, 25, 0.8),
    "resellers": (groups.resellers, 50, 0.8),
    "teams": (groups.teams, 35, 0.4),
    "classes": (groups.classes, 9, 0.5),
    "crews": (groups.crews, 30, 0.4),
    "followers": (groups.followers, 10, 0.9),
    "licensed": (groups.licensed, 60, 0.4),
    "harnesses": (jobs.harnesses, 120, 0.9),
    "launches": (neighbours.launches, 7, 0.5),
    "batches": (jobs.batches, 60, 1.1),
    "retrieval": (neighbours.retrieval, 30, 1.1),
    "agents": (neighbours.agents, 40, 1.1),
    "hobbyists": (jobs.hobbyists, 80, 1.1),
    "translators": (neighbours.translators, 25, 1.0),
    "bots": (neighbours.bots, 60, 1.1),
    "monitors": (neighbours.monitors, 90, 0.9),
}


def accounts_of(design: Design, corpus: Sequence[Path]) -> list[Account]:
    """All accounts of a world in random order, with opaque ids."""
    rng = random.Random(f"world {design.seed} {design.kind}")
    numbers = np.random.default_rng(rng.randrange(2**63))
    wanted = [(c.origin, c.pools, c.public, c.exchanges // c.samples) for c in design.campaigns]
    texts = open_texts(corpus, rng.randrange(2**32), wanted)
    stage = Stage(rng, numbers, texts, design.days, design.release)
    accounts: list[Account] = []
    for one, sources in zip(design.campaigns, texts.pools, strict=True):
        accounts.extend(campaign.accounts_of(stage, one, sources))
    for kind, counts in _honest(stage, design).items():
        accounts.extend(_KINDS[kind][0](stage, counts))
    accounts = opened(rng, [account for account in accounts if len(account.times)])
    give_sessions(design, accounts)
    return accounts


def _honest(stage: Stage, design: Design) -> dict[str, list[int]]:
    """For each kind, how many exchanges each of its accounts makes."""
    size = max(10, design.accounts - sum(c.accounts for c in design.campaigns))
    wanted = max(size, design.exchanges - sum(c.exchanges for c in design.campaigns))
    kinds, shares = list(design.honest), np.array(list(design.honest.values()))
    numbers = stage.numbers.multinomial(size, shares / shares.sum())
    drawn = [
        stage.numbers.lognormal(np.log(_KINDS[k][1]), _KINDS[k][2], n) for k, n in zip(kinds, numbers, strict=True)
    ]
    weights = np.concatenate(drawn)
    most = max(0.1 * wanted, 3 * wanted / size)
    low, high = 0.0, 1e6
    for _ in range(60):
        factor = (low + high) / 2
        low, high = (factor, high) if np.clip(weights * factor, 1, most).sum() < wanted else (low, factor)
    return {kind: [int(x) for x in np.clip(one * factor, 1, most)] for kind, one in zip(kinds, drawn, strict=True)}


def record(rng: random.Random, account: Account, time: int) -> dict[str, Any]:
    """One exchange of an account as the log has it."""
    written, origin = account.writer(rng), account.origin
    turns = written.get("messages") or [{"content": written["prompt"]}]
    fields: dict[str, Any] = {
        **identity(rng, account, time),
        "user_agent": origin.user_agent,
        **account.shape,
        **written,
        "client_address": rng.choice(origin.addresses),
        "asn": origin.asn,
        "country": origin.country,
        "tls_fingerprint": origin.tls_fingerprint,
    }
    if written["status"] == "200":
        asked = sum(len(turn["content"]) for turn in turns) + len(written.get("system") or "")
        fields["response"] = f"{rng.choice(ANSWERS)} {turns[-1]['content'][:40]}"
        fields["input_tokens"] = asked // 4 + 8
    return fields


def releases(design: Design) -> dict[str, float]:
    """Models and the hours of the log at which they came out."""
    known = {model: hour for model, hour in RELEASES.items() if model != NEW_MODEL}
    return known if design.release is None else {**known, NEW_MODEL: design.release}


def described(design: Design, accounts: Sequence[Account]) -> dict[str, Any]:
    """The design with what came of it: accounts and exchanges of each campaign and of each honest kind."""
    made: dict[str, dict[str, int]] = {}
    for account in accounts:
        one = made.setdefault(account.campaign or account.kind, {"accounts": 0, "exchanges": 0})
        one["accounts"] += 1
        one["exchanges"] += len(account.times)
    return {**design.to_dict(), "made": dict(sorted(made.items()))}
