"""Both sides of each honest explanation's line, on small logs made by hand: one group, told one way and another.

Every world holds the same 320 strangers and the same ten accounts with three cards, one sign-up day and one dispatcher.
What differs is the one thing that would explain them.
"""

import json
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from handmade import (
    Log,
    Pool,
    Seat,
    around,
    bursts,
    campaigns,
    even,
    habit,
    instructed,
    mixed,
    own_topics,
    shared_hours,
    verdicts,
    wrapped,
)

from stillwatch import Run, scan

pytestmark = pytest.mark.slow

SIZE = 10
STRANGERS = 320
FRAMEWORK = "You are the assistant of a notes app. Answer in Markdown and keep the user's headings."


def third(seat: Seat) -> str:
    return f"card-{seat.number % 3}"


def group(log: Log, **more: object) -> list[str]:
    """Ten accounts of one campaign, unless more is said of them."""
    told = {"prompts": Pool("code").shards(), "times": bursts(40), "payment": third, "created": around(-40, 3)}
    return log.accounts(SIZE, **{**told, **more})  # type: ignore[arg-type]


def scanned(log: Log, folder: Path) -> Run:
    return scan(log.write(folder), out=folder / "run", workers=1)


def test_a_campaign_is_found_exactly(tmp_path: Path) -> None:
    log = Log(seed=1)
    log.honest(STRANGERS, times=habit(6))
    members = group(log)
    run = scanned(log, tmp_path)
    assert campaigns(run) == [set(members)]
    assert verdicts(run, members) == {"review"}


@pytest.mark.parametrize(
    ("explanation", "more", "verdict"),
    [
        # A firm's crew of one source is not told from a campaign behind one door.
        ("one organisation or office", {"address": "81.2.69.160", "payment": "card-of-the-firm"}, "watch"),
        ("licensed distillation", {"licence": "lic-0a1b2c"}, "clear"),
        ("a published set", {"prompts": Pool("code").published(80)}, "clear"),
        ("content of their own", {"prompts": instructed(own_topics(1), FRAMEWORK)}, "clear"),
    ],
)
def test_the_same_accounts_with_an_honest_explanation_are_no_campaign(
    explanation: str, more: dict[str, object], verdict: str, tmp_path: Path
) -> None:
    log = Log(seed=1)
    log.honest(STRANGERS, times=habit(6))
    members = group(log, **more)
    run = scanned(log, tmp_path)
    assert campaigns(run) == []
    assert verdicts(run, members) == {verdict}, explanation


def test_one_source_without_a_common_hand_or_clock_is_no_campaign(tmp_path: Path) -> None:
    log = Log(seed=1)
    log.honest(STRANGERS, times=habit(6))
    log.accounts(SIZE, prompts=Pool("code").shards(), times=habit(30))
    assert campaigns(scanned(log, tmp_path)) == []


def test_the_second_half_that_takes_over_from_a_banned_first_belongs_to_it(tmp_path: Path) -> None:
    log = Log(seed=1)
    log.honest(STRANGERS, times=habit(6))
    members = log.handed_over(16, at=150, prompts=Pool("code").shards(), times=even(40), payment=third)
    assert campaigns(scanned(log, tmp_path)) == [set(members)]


def rows(log: Log, folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in log.write(folder).read_text(encoding="utf-8").splitlines()]


def asked(records: list[dict[str, str]]) -> dict[str, Counter[str]]:
    out: dict[str, Counter[str]] = {}
    for record in records:
        out.setdefault(record["account_id"], Counter())[record["prompt"]] += 1
    return out


def test_a_pool_is_dealt_out_once_and_a_published_set_is_run_by_all(tmp_path: Path) -> None:
    pool, log = Pool("tools"), Log(seed=2)
    first = log.accounts(4, prompts=wrapped(pool.shards(), "Task: {q}"), times=even(30))
    second = log.accounts(3, prompts=pool.shards(), times=even(30))
    third = log.accounts(3, prompts=mixed(Pool("code").published(20, 1.0), own_topics(1), 0.0), times=even(60))
    found = asked(rows(log, tmp_path))
    dealt = [text.removeprefix("Task: ") for account in first + second for text in found[account].elements()]
    assert len(dealt) == len(set(dealt))
    assert all(text.startswith("Task: ") for account in first for text in found[account])
    assert all(set(found[a]) == set(found[b]) for a, b in combinations(third, 2))


@pytest.mark.parametrize(
    ("times", "most"),
    [(lambda: bursts(60, count=3, hours=1.0), 9), (lambda: shared_hours(60, hour=9, length=2), 2 * 14)],
)
def test_accounts_of_one_clock_share_its_hours(
    times: Callable[[], Callable[[Seat], list[float]]], most: int, tmp_path: Path
) -> None:
    log = Log(seed=3)
    log.accounts(8, prompts=own_topics(), times=times())
    log.write(tmp_path)
    hours = {row["time"][:13] for row in rows(log, tmp_path)}
    assert len(hours) <= most


def test_a_log_is_the_same_for_a_seed_and_keeps_to_its_edges(tmp_path: Path) -> None:
    def made(seed: int) -> list[dict[str, str]]:
        log = Log(days=3, seed=seed)
        log.honest(5)
        log.accounts(3, prompts=own_topics(1), times=even(20), first=10, last=20)
        return rows(log, tmp_path)

    one = made(4)
    assert made(4) == one
    assert made(5) != one
    assert [row["time"] for row in one] == sorted(row["time"] for row in one)
    assert one[0]["time"] >= "2026-09-07T00"
    assert one[-1]["time"] < "2026-09-10T00"
