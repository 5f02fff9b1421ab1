"""Many cases at once: the same rules as one at a time, one reason, whatever could not be done is told, and undo."""

import itertools
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from console_world import Open, Visitor, make_places

from stillwatch.console import ROLES, Console, Places
from stillwatch.console.asking import Refused
from stillwatch.console.case_file import seen_mark
from stillwatch.console.deciding import ACTS, act, find_case, open_to
from stillwatch.console.people import Person
from stillwatch.core import BadDecision
from stillwatch.policy import file_appeal


def chosen(who: Visitor, cases: list[str]) -> dict[str, str]:
    """The marks of a preview, by case."""
    page = who.post("/queue/together", {"case": cases}).text
    return dict(re.findall(r'name="case" value="(\S+) (\w+)"', page))


def marks(seen: dict[str, str]) -> list[str]:
    return [f"{case} {mark}" for case, mark in seen.items()]


def kinds(opened: Open, case: str) -> list[tuple[str, str]]:
    return [(kind, by) for _, kind, by, _ in opened.console.cases.cases().entries[case]]


def test_many_are_assessed_by_one_approved_by_another_and_taken_back(fresh: Open) -> None:
    ana, bo = fresh.visitor("ana", "analyst"), fresh.visitor("bo", "approver")
    cases = fresh.cases()[:2]
    preview = ana.post("/queue/together", {"case": cases}).text
    assert "2 cases, 14 accounts" in preview
    assert {name: claim.name for name, claim in fresh.console.claims.held().items()} == dict.fromkeys(cases, "ana")
    done = ana.post("/queue/together/assess", {"case": marks(chosen(ana, cases)), "reason": "one hand"})
    assert "2 cases assessed" in done.text
    assert not fresh.console.claims.held()
    assert all(kinds(fresh, case)[1:] == [("assessment", "ana")] for case in cases)
    assert "Approve 2" in bo.post("/queue/together", {"case": cases}).text
    done = bo.post("/queue/together/approve", {"case": marks(chosen(bo, cases)), "reason": "seen too"})
    assert "2 cases approved" in done.text
    again = dict(re.findall(r'name="case" value="(\S+) (\w+)"', done.text))
    assert "2 cases reopened" in bo.post("/queue/together/reopen", {"case": marks(again), "reason": "too soon"}).text
    standings = fresh.console.cases.cases().standings
    assert all(standings[case].waits and standings[case].assessment is None for case in cases)


def test_nobody_approves_alone_what_they_assessed_though_it_be_among_many(fresh: Open) -> None:
    bo, cyd = fresh.visitor("bo", "approver"), fresh.visitor("cyd", "approver")
    mine, theirs = fresh.cases()[:2]
    bo.act(mine, "assess")
    bo.post(f"/cases/{theirs}/release")
    cyd.act(theirs, "assess")
    cyd.post(f"/cases/{mine}/release")
    page = bo.post("/queue/together", {"case": [mine, theirs]}).text
    assert "Approve 1" in page
    done = bo.post("/queue/together/approve", {"case": marks(chosen(bo, [mine, theirs])), "reason": "all of it"}).text
    assert "1 case approved" in done
    assert "bo assessed it" in done
    standings = fresh.console.cases.cases().standings
    assert [standings[case].decision.approved_by for case in (mine, theirs)] == [None, "bo"]


def test_what_others_hold_or_changed_is_left_out_and_told(fresh: Open) -> None:
    ana, eve = fresh.visitor("ana", "analyst"), fresh.visitor("eve", "analyst")
    first, second = fresh.cases()[:2]
    eve.post(f"/cases/{first}/claim")
    page = ana.post("/queue/together", {"case": [first, second]}).text
    assert "1 case left out" in page
    assert "(eve)" in page
    seen = {**chosen(ana, [second]), first: eve.seen(first)}
    done = ana.post("/queue/together/refuse", {"case": marks(seen), "reason": "no"}).text
    assert "1 case refused" in done
    assert "eve works on this case" in done
    ana.post("/queue/together", {"case": [second]})
    done = ana.post("/queue/together/refuse", {"case": [f"{second} {seen[second]}"], "reason": "no"}).text
    assert "it has changed since you looked" in done


def test_a_reason_and_a_choice_are_needed_and_there_is_a_most(fresh: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = fresh.visitor("ana", "analyst")
    cases = fresh.cases()[:2]
    seen = chosen(ana, cases)
    assert ana.post("/queue/together/assess", {"case": marks(seen), "reason": " "}).status_code == 422
    assert "No case is ticked" in ana.post("/queue/together/assess", {"reason": "r"}).text
    assert "No case is chosen" in ana.post("/queue/together").text
    assert ana.post("/queue/together", {"case": ["D-none"]}).status_code == 404
    monkeypatch.setattr("stillwatch.console.views.together.MOST_TOGETHER", 1)
    refused = ana.post("/queue/together", {"case": cases})
    assert refused.status_code == 422
    assert "filter further" in refused.text
    assert ana.post("/queue/together/assess", {"case": marks(seen), "reason": "r"}).status_code == 422
    assert kinds(fresh, cases[0]) == [kinds(fresh, cases[0])[0]]


def test_all_with_the_queue_s_filters_and_given_back(fresh: Open) -> None:
    ana = fresh.visitor("ana", "analyst")
    page = ana.post("/queue/together", {"every": "yes", "stage": "open", "kind": "campaign"}).text
    assert "2 cases" in page
    assert len(fresh.console.claims.held()) == 2
    given = dict(re.findall(r'name="case" value="(\S+) (\w+)"', page))
    assert ana.post("/queue/together/release", {"case": marks(given)}).status_code == 303
    assert not fresh.console.claims.held()


@pytest.mark.parametrize("two_persons", [True, False])
def test_what_is_offered_is_what_is_allowed(tmp_path: Path, two_persons: bool) -> None:
    """Over cases in many states and persons of every role."""
    paths: tuple[list[str], ...] = ([], ["assess"], ["assess", "approve"], ["refuse"], ["assess", "appeal"])
    first = make_places(tmp_path)
    for n, (path, role) in enumerate(itertools.product(paths, ROLES[1:])):
        state = tmp_path / f"state-{n}"
        state.mkdir()
        shutil.copy(first.state / "decisions.jsonl", state)
        console = Console(Places(first.runs, state, two_persons=two_persons))
        case = next(iter(console.cases.cases().standings))
        for step, by in zip(path, ("cyd", "bo"), strict=False):
            if step == "appeal":
                file_appeal(console.cases.log, case, account="m1", by="x", statement="y", now=datetime.now(UTC))
            else:
                done(console, Person(by, "approver"), step, case)
        # Whom the table of routes keeps out is offered nothing.
        assert open_to(console, Person("eve", "viewer"), find_case(console, case)) == ()
        ana = Person("ana", role)
        offered = open_to(console, ana, find_case(console, case))
        for what in set(ACTS) - {"reopen"} - set(offered):
            with pytest.raises((Refused, BadDecision)):
                done(console, ana, what, case)
        for what in offered[:1]:
            done(console, ana, what, case)
        console.runs.close()


def done(console: Console, person: Person, what: str, case: str) -> None:
    console.claims.take(case, person.name)
    act(console, person, what, case, seen=seen_mark(find_case(console, case)), reason="r")
