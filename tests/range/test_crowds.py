"""The crowds of an honest week have in common what their occasion gives them, and nothing else."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stillwatch.range import simulate

Row = dict[str, Any]


def rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


class Week:
    """A week of crowds: each account with its kind, its row of the account file and its exchanges."""

    def __init__(self, out: Path) -> None:
        self.kinds = {row["account_id"]: row["kind"] for row in rows(out / "truth.jsonl")}
        self.file = {row["account_id"]: row for row in rows(out / "accounts.jsonl")}
        self.asked: dict[str, list[Row]] = {}
        for path in sorted((out / "logs").iterdir()):
            for row in rows(path):
                self.asked.setdefault(row["account_id"], []).append(row)

    def of(self, kind: str) -> list[list[Row]]:
        return [self.asked[account] for account, its in self.kinds.items() if its == kind]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Week:
    out = tmp_path_factory.mktemp("bursts") / "week"
    simulate("bursts", scale=0.004, seed=5, out=out)
    return Week(out)


def busiest(days: list[str]) -> float:
    return max(Counter(days).values()) / len(days)


def test_sign_ups_come_within_hours_of_one_another(week: Week) -> None:
    made = sorted(np.datetime64(week.file[a]["created"][:19]) for a, kind in week.kinds.items() if kind == "sign-up")
    gaps = np.diff(np.array(made)).astype(float) / 3600
    assert np.median(gaps) < 0.5
    assert gaps.max() > 12


def test_a_release_is_tried_on_its_day_and_a_little(week: Week) -> None:
    launches = week.of("launch")
    days = [row["time"][:10] for requests in launches for row in requests]
    assert busiest(days) > 0.5
    assert min(row["time"] for requests in launches for row in requests) >= "2026-09-09T12"
    assert {row["model"] for requests in launches for row in requests} == {"apex-4"}
    assert all(3 <= len(requests) <= 40 for requests in launches)
    # What everybody tries, several try; most of what one asks is nobody else's all the same.
    who = Counter(text for requests in launches for text in {row["prompt"] for row in requests})
    assert 0.02 < np.mean([count > 1 for count in who.values()]) < 0.5


def test_a_course_has_its_day_and_everybody_their_own_words(week: Week) -> None:
    course = week.of("coursework")
    assert all(2 <= len(requests) <= 15 for requests in course)
    assert all(busiest([row["time"][:10] for row in requests]) >= 0.5 for requests in course)
    texts = [row["prompt"] for requests in course for row in requests]
    assert len(set(texts)) > 0.95 * len(texts)


def test_a_workshop_is_one_template_over_strangers_topics(week: Week) -> None:
    workshop = week.of("workshop")
    assert all(2 <= len(requests) <= 8 for requests in workshop)
    by_template: dict[str, list[Row]] = {}
    for requests in workshop:
        heads = {row["prompt"].split("\n\n")[0] for row in requests}
        assert len(heads) == 1
        by_template.setdefault(heads.pop(), []).extend(requests)
    largest = max(by_template.values(), key=len)
    assert len({row["account_id"] for row in largest}) >= 50
    times = np.array([np.datetime64(row["time"][:19]) for row in largest])
    assert (times.max() - times.min()) / np.timedelta64(1, "h") <= 5
    tails = [row["prompt"].split("\n\n")[1] for row in largest]
    assert len(set(tails)) == len(tails)


def test_an_allowance_is_used_up_from_midnight_and_never_exceeded(week: Week) -> None:
    days = Counter((row["account_id"], row["time"][:10]) for requests in week.of("capped") for row in requests)
    assert set(days.values()) in ({20}, {50})
    hours = [int(row["time"][11:13]) for requests in week.of("capped") for row in requests]
    assert np.mean(np.array(hours) < 6) > 0.95
    assert {week.file[a]["plan"] for a, kind in week.kinds.items() if kind == "capped"} == {"free"}


def test_an_app_gives_its_users_one_client_and_nothing_else(week: Week) -> None:
    users = week.of("own key")
    clients = {(requests[0]["user_agent"], requests[0]["tls_fingerprint"], requests[0]["system"]) for requests in users}
    assert len(clients) == 2
    assert len({week.file[requests[0]["account_id"]].get("payment_id") for requests in users}) > 0.4 * len(users)
    assert len({requests[0]["time"][:13] for requests in users}) > 0.3 * len(users)


def of_plan(week: Week, plan: str, measure: Callable[[str], float]) -> float:
    return float(np.median([measure(account) for account, row in week.file.items() if row["plan"] == plan]))


def test_what_is_known_of_a_customer_hangs_together(week: Week) -> None:
    def age(account: str) -> float:
        return float((np.datetime64("2026-09-14") - np.datetime64(week.file[account]["created"][:10])).astype(int))

    def volume(account: str) -> float:
        return len(week.asked[account])

    assert of_plan(week, "free", age) < of_plan(week, "plus", age) < of_plan(week, "scale", age)
    assert of_plan(week, "free", volume) < of_plan(week, "scale", volume)
    assert not any("payment_id" in row for row in week.file.values() if row["plan"] == "free")
    people = [requests[0] for requests in week.of("person")]
    assert {row["country"] for row in people if row["asn"] == 3320} == {"DE"}
    # Whoever signed up this month has no client that was out of date by then.
    young = [r[0]["user_agent"] for r in week.of("person") if age(r[0]["account_id"]) < 20]
    minors = [int(agent.split("/2.")[1].split(".")[0]) for agent in young if agent.startswith("openai-python")]
    assert minors
    assert min(minors) >= 52
