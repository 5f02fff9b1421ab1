"""A relay that hides a source, and one that does not, through a whole scan."""

import json
from pathlib import Path
from typing import Any

import pytest
from handmade import Log, Pool, Seat, campaigns, even, habit, mixed, own_topics, verdicts

from stillwatch import Run, scan


def relay(share: float) -> Any:
    """Sixty strangers' talk in one account, and a share of one source."""

    def prompts(seat: Seat) -> Any:
        strangers = [own_topics(3)(Seat(seat.rng, n, 60, seat.first, seat.last)) for n in range(60)]
        source = Pool("code").shards()(seat)
        return lambda: source() if seat.rng.random() < share else seat.rng.choice(strangers)()

    return prompts


def scanned(log: Log, folder: Path, groups: dict[str, list[str]]) -> tuple[Run, dict[str, set[str]]]:
    run = scan(log.write(folder), out=folder / "run", workers=1)
    return run, {name: set(accounts) for name, accounts in groups.items()}


@pytest.fixture(scope="module")
def hiding(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, str, str, str]:
    folder = tmp_path_factory.mktemp("streams")
    log = Log(days=7, seed=1)
    log.honest(500, times=habit(6))
    (hides,) = log.accounts(1, prompts=relay(0.15), times=even(500))
    (honest,) = log.accounts(1, prompts=relay(0.0), times=even(500))
    (task,) = log.accounts(1, prompts=Pool("reasoning").shards(), times=even(350))
    return scan(log.write(folder), out=folder / "run", workers=1, streams=True), hides, honest, task


def test_the_relay_that_hides_a_source_is_told_and_nobody_else(hiding: tuple[Run, str, str, str]) -> None:
    run, hides, _, _ = hiding
    told = json.loads((run.path / "run.json").read_bytes())["streams"]
    assert told["considered"] >= 3
    (found,) = told["found"]
    assert found["account_ids"] == [hides]
    assert found["window"] == 100
    assert 0.03 < found["share"] < 0.3
    assert found["q_value"] <= 0.01
    assert "no verdict about the account: customers of a relay are not accused" in found["sentence"]


def test_its_examples_are_the_sources(hiding: tuple[Run, str, str, str]) -> None:
    run, hides, _, _ = hiding
    (found,) = json.loads((run.path / "run.json").read_bytes())["streams"]["found"]
    asked = {row["exchange_id"]: row for row in run.table("exchanges").to_pylist() if row["account_id"] == hides}
    source = set(Pool("code").texts)
    assert sum(asked[one]["prompt"] in source for one in found["examples"]) >= 4


def test_it_changes_no_verdict_and_stands_in_the_report(hiding: tuple[Run, str, str, str]) -> None:
    run, hides, honest, _ = hiding
    assert verdicts(run, [hides]) == verdicts(run, [honest])
    page = run.report.read_text()
    assert "Part of some traffic" in page
    assert hides in page.split('id="streams"')[1].split("</section>")[0]


def test_busy_accounts_are_tested_where_it_is_asked_for_alone(
    hiding: tuple[Run, str, str, str], tmp_path: Path
) -> None:
    run, hides, _, _ = hiding
    plain = scan(run.path.parent / "log.jsonl", out=tmp_path / "run", workers=1)
    assert not json.loads((plain.path / "run.json").read_bytes())["streams"]["found"]
    assert verdicts(plain, [hides]) == verdicts(run, [hides])


@pytest.fixture(scope="module")
def webs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, dict[str, set[str]]]:
    """Two resellers, of 45 and of thirty customers on one payment each: beside one a crew works through a source of which
    its customers carry some, beside the other one customer has a pipeline. And a firm of fifty, on one payment too, with
    an application on six accounts, whose questions its three developers try."""
    folder = tmp_path_factory.mktemp("webs")
    log, pool, code = Log(days=7, seed=3), Pool("tools"), Pool("code")
    log.honest(500, times=habit(5))
    carries = mixed(own_topics(3), pool.shards(), 0.06)
    groups = {
        "relay": log.accounts(45, prompts=carries, times=even(60, 0.6), payment="card-1", api=False),
        "crew": log.accounts(10, prompts=pool.shards(), times=even(60), payment="card-1", api=False),
        "reseller": log.accounts(30, prompts=own_topics(3), times=even(60, 0.6), payment="card-2", api=False),
        "pipeline": log.accounts(1, prompts=Pool("tasks").shards(), times=even(200), payment="card-2"),
        "staff": log.accounts(47, prompts=own_topics(3), times=even(40, 0.6), payment="card-3", api=False),
        "developers": log.accounts(
            3, prompts=mixed(own_topics(3), code.shards(), 0.3), times=even(120), payment="card-3"
        ),
        "application": log.accounts(6, prompts=code.shards(), times=even(60), payment="card-3"),
    }
    return scanned(log, folder, groups)


def test_what_a_relays_customers_carry_is_told_beside_who_sends_it_outright(
    webs: tuple[Run, dict[str, set[str]]],
) -> None:
    run, groups = webs
    told = json.loads((run.path / "run.json").read_bytes())["streams"]["found"]
    (found,) = [one for one in told if set(one["account_ids"]) <= groups["relay"]]
    assert found["accounts"] >= 40
    assert set(found["beside"]) >= groups["crew"]
    assert "share payments or addresses" in found["sentence"]
    assert "customers of a relay are not accused" in found["sentence"]
    page = run.report.read_text().split('id="streams"')[1].split("</section>")[0]
    assert sorted(groups["crew"])[0] in page


def test_one_customers_pipeline_says_nothing_of_the_others(webs: tuple[Run, dict[str, set[str]]]) -> None:
    run, groups = webs
    told = json.loads((run.path / "run.json").read_bytes())["streams"]["found"]
    assert not groups["reseller"] & {account for found in told for account in found["account_ids"]}
    assert verdicts(run, [*groups["relay"], *groups["reseller"]]) <= {"clear", "watch"}


def test_who_sends_what_a_relay_carries_for_him_is_a_campaign_and_nobody_behind_the_relay_is(
    webs: tuple[Run, dict[str, set[str]]],
) -> None:
    run, groups = webs
    assert campaigns(run) == [groups["crew"]]
    assert verdicts(run, [*groups["relay"]]) <= {"clear", "watch"}
    (found,) = run.table("campaigns").to_pylist()
    (carried,) = [one["statement"] for one in found["observations"] if one["family"] == "dispatch"]
    assert "other accounts behind the same payments or addresses" in carried
    assert "send these accounts' questions too" in carried


def test_what_a_firms_developers_try_makes_no_campaign_of_its_application(
    webs: tuple[Run, dict[str, set[str]]],
) -> None:
    run, groups = webs
    assert verdicts(run, [*groups["staff"], *groups["developers"], *groups["application"]]) <= {"clear", "watch"}


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, dict[str, set[str]]]:
    """Sixty customers of a relay carry some of what ten accounts with hands of their own send, and ten others send what
    nobody carries."""
    folder = tmp_path_factory.mktemp("outside")
    log, pool = Log(days=7, seed=5), Pool("tools")
    log.honest(500)
    carries = mixed(own_topics(3), pool.shards(), 0.07)
    groups = {
        "relay": log.accounts(60, prompts=carries, times=even(60, 0.6), payment="card-1", api=False),
        "harvest": log.accounts(10, prompts=pool.shards(), times=even(60, 0.6)),
        "alike": log.accounts(10, prompts=Pool("code").shards(), times=even(60, 0.6)),
    }
    return scanned(log, folder, groups)


def test_who_shares_nothing_with_a_relay_but_what_it_carries_is_a_campaign(
    outside: tuple[Run, dict[str, set[str]]],
) -> None:
    run, groups = outside
    assert campaigns(run) == [groups["harvest"]]
    (found,) = run.table("campaigns").to_pylist()
    (carried,) = [one["statement"] for one in found["observations"] if one["family"] == "dispatch"]
    assert "other accounts that share payments or addresses of their own" in carried


def test_who_asks_what_no_relay_carries_is_none(outside: tuple[Run, dict[str, set[str]]]) -> None:
    run, groups = outside
    assert verdicts(run, [*groups["relay"], *groups["alike"]]) <= {"clear", "watch"}
