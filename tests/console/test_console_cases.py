"""The queue: never two on one case, decisions as policy allows them, undone and appealed, and a server that is killed."""

import contextlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from console_world import ACCOUNT, HOSTILE, SECOND, Open, Visitor, make_places, open_console

from stillwatch.console import Claims, Database
from stillwatch.console.cases import fold
from stillwatch.core import AuditLog

SOURCE = Path(__file__).parents[2] / "src"


def decided(opened: Open, case: str) -> list[tuple[str, str]]:
    return [(kind, by) for _, kind, by, _ in opened.console.cases.cases().entries[case]]


def test_one_assesses_another_approves_and_the_next_case_opens_by_itself(fresh: Open) -> None:
    ana, bo = fresh.visitor("ana", "analyst"), fresh.visitor("bo", "approver")
    first, second = fresh.cases()[:2]
    taken = ana.post("/queue/next")
    assert taken.headers["location"] == f"/cases/{first}"
    done = ana.act(first, "assess", "one pool", **{"except": [ACCOUNT, "m1"]})
    assert done.headers["location"] == f"/cases/{second}?did={first}"
    assert "Undo" in ana.get(done.headers["location"]).text
    assert bo.act(first, "approve").status_code == 303
    standing = fresh.console.cases.cases().standings[first]
    assert standing.decision.verdict == "act"
    assert standing.decision.approved_by == "bo"
    assert standing.exempt == {ACCOUNT, "m1"}
    assert decided(fresh, first)[1:] == [("assessment", "ana"), ("approval", "bo")]


def test_a_table_of_cases_is_of_now_and_of_who_asks_though_it_is_drawn_once(fresh: Open) -> None:
    ana, eve = fresh.visitor("ana", "analyst"), fresh.visitor("eve", "analyst")
    first, second = fresh.cases()[:2]

    def shown(visitor: Visitor, query: str) -> list[str]:
        return [case for case in (first, second) if f'value="{case}"' in visitor.get(f"/queue?{query}").text]

    for claimed, free in ((first, second), (second, first)):
        ana.post(f"/cases/{claimed}/claim")
        assert (shown(ana, "whose=mine"), shown(eve, "whose=mine")) == ([claimed], [])
        assert shown(eve, "whose=free") == [free]
        ana.post(f"/cases/{claimed}/release")
    assert "to assess</span></a></td><td></td>" in ana.get("/queue").text
    ana.act(first, "assess")
    assert "waits for a second person</span>" in ana.get("/queue?stage=all").text


def test_cases_that_are_folded_on_are_those_of_the_whole_log(fresh: Open) -> None:
    ana, bo = fresh.visitor("ana", "analyst"), fresh.visitor("bo", "approver")
    first, second = fresh.cases()[:2]

    def is_whole() -> bool:
        now, log = datetime.now(UTC), fresh.console.cases.log
        on, whole = fresh.console.cases.cases(), fold(log.standings(now), list(log.entries()), now)
        assert list(on.standings) == list(whole.standings)
        assert [on.superseded_by(name) for name in on.standings] == [whole.superseded_by(name) for name in on.standings]
        told = ("standings", "stages", "by_stage", "by_run", "by_account", "by_subject", "entries", "held", "appeals")
        return all(getattr(on, name) == getattr(whole, name) for name in told)

    assert is_whole()
    for case, who, what, more in (
        (first, ana, "assess", {"except": [ACCOUNT, "m1"]}),
        (first, bo, "approve", {}),
        (second, ana, "refuse", {}),
        (first, bo, "reopen", {}),
        (first, bo, "assess", {}),
    ):
        assert who.act(case, what, "why", **more).status_code == 303
        assert is_whole()
    ana.post(f"/cases/{first}/appeal", {"by": "the customer", "account": "m1", "statement": "We are a class."})
    assert is_whole()


def test_nobody_approves_what_they_assessed_nor_what_nobody_assessed(fresh: Open) -> None:
    bo = fresh.visitor("bo", "approver")
    case = fresh.cases()[0]
    refused = bo.act(case, "approve")
    assert refused.status_code == 409
    assert "Nobody has assessed it yet" in refused.text
    bo.act(case, "assess")
    refused = bo.act(case, "approve")
    assert refused.status_code == 409
    assert "another person" in refused.text or "assessed it" in refused.text


def test_nothing_is_approved_while_an_appeal_against_it_is_open(fresh: Open) -> None:
    ana, bo = fresh.visitor("ana", "analyst"), fresh.visitor("bo", "approver")
    case = fresh.cases()[0]
    ana.act(case, "assess")
    ana.post(f"/cases/{case}/appeal", {"by": "the customer", "account": "m1", "statement": "We are a class."})
    refused = bo.act(case, "approve")
    assert refused.status_code == 409
    assert "An appeal against it is open" in refused.text
    page = bo.get(f"/cases/{case}").text
    assert "decided before this is approved" in page
    assert "Approve: act" not in page


def test_one_person_may_approve_alone_where_the_operator_says_so(tmp_path: Path) -> None:
    with open_console(make_places(tmp_path, two_persons=False)) as opened:
        bo = opened.visitor("bo", "approver")
        assert bo.act(opened.cases()[0], "approve").status_code == 303


def test_a_decision_needs_the_claim_a_reason_and_what_the_person_saw(fresh: Open) -> None:
    ana, eve = fresh.visitor("ana", "analyst"), fresh.visitor("eve", "analyst")
    case = fresh.cases()[0]
    ana.post(f"/cases/{case}/claim")
    mark = ana.seen(case)
    assert eve.post(f"/cases/{case}/assess", {"seen": mark, "reason": "r"}).status_code == 409
    assert eve.post(f"/cases/{case}/claim").status_code == 409
    assert ana.post(f"/cases/{case}/assess", {"seen": mark, "reason": "  "}).status_code == 422
    assert ana.post(f"/cases/{case}/assess", {"seen": "0" * 16, "reason": "r"}).status_code == 409
    assert ana.post(f"/cases/{case}/assess", {"seen": mark, "reason": "r"}).status_code == 303
    # The same form again, as a browser sends it after a lost answer, does nothing more.
    ana.post(f"/cases/{case}/claim")
    assert ana.post(f"/cases/{case}/assess", {"seen": mark, "reason": "r"}).status_code == 409
    assert decided(fresh, case)[1:] == [("assessment", "ana")]


def test_what_was_done_is_undone_by_who_did_it_or_an_approver(fresh: Open) -> None:
    ana, eve, bo = fresh.visitor("ana", "analyst"), fresh.visitor("eve", "analyst"), fresh.visitor("bo", "approver")
    case = fresh.cases()[0]
    before = fresh.console.cases.cases().standings[case]
    assert ana.act(case, "refuse", "an office").status_code == 303
    assert fresh.console.cases.cases().standings[case].state == "withdrawn"
    mark = ana.seen(case)
    assert eve.post(f"/cases/{case}/reopen", {"seen": mark, "reason": "r"}).status_code == 403
    assert ana.post(f"/cases/{case}/reopen", {"seen": mark, "reason": "my mistake"}).status_code == 303
    assert fresh.console.cases.cases().standings[case] == before
    ana.act(case, "assess")
    bo.act(case, "approve")
    assert ana.act(case, "refuse").status_code == 403
    assert bo.post(f"/cases/{case}/reopen", {"seen": bo.seen(case), "reason": "too soon"}).status_code == 303
    assert fresh.console.cases.cases().standings[case] == before


def test_an_appeal_is_filed_heard_by_another_and_frees(fresh: Open) -> None:
    ana, bo, cyd = fresh.visitor("ana", "analyst"), fresh.visitor("bo", "approver"), fresh.visitor("cyd", "approver")
    case = fresh.cases()[0]
    ana.act(case, "assess")
    bo.act(case, "approve")
    filed = ana.post(f"/cases/{case}/appeal", {"by": HOSTILE, "account": ACCOUNT, "statement": f"a class {HOSTILE}"})
    at = filed.headers["location"]
    assert "<script>window" not in cyd.get(at).text
    assert ana.post(f"{at}/resolve", {"outcome": "reversed", "reason": "r"}).status_code == 403
    mark = re.findall(r'name="seen" value="(\w+)"', cyd.get(at).text)[0]
    assert bo.post(f"{at}/resolve", {"outcome": "reversed", "reason": "r", "seen": mark}).status_code == 409
    assert cyd.post(f"{at}/resolve", {"outcome": "reversed", "reason": "it is one", "seen": mark}).status_code == 303
    assert "it is one" in ana.get(at).text
    assert ACCOUNT in fresh.console.cases.cases().standings[case].exempt


def test_many_at_once_never_hold_one_case(tmp_path: Path) -> None:
    claims = [Claims(Database(tmp_path / "console.db")) for _ in range(6)]
    cases = [f"D-{n}" for n in range(20)]
    got: dict[str, list[str]] = {}
    begin = threading.Barrier(len(claims))

    def work(one: Claims, name: str) -> None:
        begin.wait()
        got[name] = []
        # Nobody takes their own twice: what they hold is left out.
        while (taken := one.take_first([case for case in cases if case not in got[name]], name)) is not None:
            got[name].append(taken)

    threads = [threading.Thread(target=work, args=(one, f"p{n}")) for n, one in enumerate(claims)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(case for taken in got.values() for case in taken) == sorted(cases)


def test_a_claim_ends_is_renewed_and_given_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "console.db")
    ended, held = Claims(database, seconds=-1), Claims(database)
    assert ended.take("D-1", "ana")
    assert not ended.renew("D-1", "ana")
    assert held.take("D-1", "bo")
    assert not held.take("D-1", "ana")
    assert held.renew("D-1", "bo")
    held.release("D-1", "ana")
    assert held.held()["D-1"].name == "bo"
    held.release("D-1", "bo")
    assert held.take("D-1", "ana")


@contextlib.contextmanager
def served(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A console in a process of its own, killed at the end."""
    state = folder / "state"
    command = [sys.executable, "-c", "from stillwatch.cli import main; main()", "console", str(folder / "week")]
    command += ["--state", str(state), "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        told = next((found[0] for line in process.stdout if (found := re.search(r"http://[\d.:]+\d", line))), None)
        assert told is not None
        try:
            yield process, told
        finally:
            process.kill()


def test_a_server_killed_in_the_middle_of_a_decision_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    places = make_places(tmp_path)
    with open_console(places) as opened:
        ana = opened.visitor("ana", "analyst")
        cases = opened.cases()[:2]
        forms = {}
        for case in cases:
            ana.post(f"/cases/{case}/claim")
            forms[case] = {"csrf": ana.csrf, "seen": ana.seen(case), "reason": "one pool"}
        cookies = dict(ana.http.cookies)
    answered: dict[str, int] = {}

    def send(url: str, case: str) -> None:
        with contextlib.suppress(httpx.HTTPError):
            answer = httpx.post(f"{url}/cases/{case}/assess", data=forms[case], cookies=cookies, timeout=120)
            answered[case] = answer.status_code

    log = places.state / "decisions.jsonl"
    before = log.stat().st_size
    with served(tmp_path) as (process, url):
        threads = [threading.Thread(target=send, args=(url, case)) for case in cases]
        for thread in threads:
            thread.start()
        # Killed the moment that the log grows: an entry is down, its answer perhaps not sent.
        while log.stat().st_size == before and any(thread.is_alive() for thread in threads):
            pass
        process.kill()
        for thread in threads:
            thread.join()
    with served(tmp_path) as (_, url):
        for case in cases:
            send(url, case)
    assert set(answered) == set(cases)
    entries = [one.body for one in AuditLog(log).entries()]
    for case in cases:
        done = [one for one in entries if one.get("decision_id") == case and one["kind"] == "assessment"]
        assert len(done) == 1, case


def test_the_queue_keeps_its_filters_in_the_url_and_gives_csv_and_json(fresh: Open) -> None:
    ana = fresh.visitor("ana", "analyst")
    rows = ana.get("/queue?as=json&stage=all").json()
    assert {"C001", "C002"} <= {row["subject"] for row in rows}
    assert ana.get("/queue?as=csv&stage=open").text.startswith("case_id,")
    page = ana.get("/queue?stage=open&kind=campaign").text
    assert "stage=open" in page
    assert "kind=campaign" in page
    assert "Nothing waits here" in ana.get("/queue?stage=second").text


def test_a_run_is_held_to_the_policy_from_the_page_and_again_adds_nothing(tmp_path: Path) -> None:
    with open_console(make_places(tmp_path, decided=False)) as opened:
        bo = opened.visitor("bo", "approver")
        assert "There is no case yet" in bo.get("/queue").text
        assert "Hold it to the policy" in bo.get("/runs/week").text
        assert bo.post("/runs/week/decide").status_code == 303
        size = opened.console.cases.log.path.stat().st_size
        bo.post("/runs/week/decide")
        assert opened.console.cases.log.path.stat().st_size == size
        assert len(SECOND) in {len(one.accounts) for one in opened.console.cases.cases().standings.values()}


def test_accounts_beyond_those_that_a_page_shows_are_excepted_by_name(
    fresh: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillwatch.console.views.case._MOST_ACCOUNTS", 2)
    ana, case = fresh.visitor("ana", "analyst"), fresh.cases()[0]
    ana.post(f"/cases/{case}/claim")
    page = ana.get(f"/cases/{case}").text
    assert "The first 2 are shown" in page
    assert 'name="except_named"' in page
    assert len(ana.get(f"/cases/{case}?as=json").json()) == 8
    refused = ana.act(case, "assess", except_named="m1\nnobody\n")
    assert refused.status_code == 409
    assert "does not name nobody" in refused.text
    named: dict[str, Any] = {"except": ["m0"], "except_named": f" m1 \r\n\r\n{ACCOUNT}\r\n"}
    assert ana.act(case, "assess", **named).status_code == 303
    one = fresh.console.cases.cases().standings[case]
    assert one.exempt == {"m0", "m1", ACCOUNT}
