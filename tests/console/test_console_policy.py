"""The policy's page: what is in force and how it fared, licences, and a draft that is tried and touches nobody."""

import json
import re
from pathlib import Path

from console_world import ACCOUNT, HOSTILE, Open, make_places, open_console

from stillwatch.policy import DEFAULT_POLICY

STRICT = DEFAULT_POLICY.read_text().replace("campaign.q_value <= 0.001", "campaign.q_value <= 1.0e-9")
LICENCES = f"""
licences:
  - licence_id: lic-1
    holder: {json.dumps(HOSTILE)}
    contract: MSA 1
    organisations: [org-1]
    models: [apex-3]
    exchanges: 1000
    from: 2026-01-01
"""


def test_rules_and_how_they_fared(fresh: Open) -> None:
    ana, bo = fresh.visitor("ana", "analyst"), fresh.visitor("bo", "approver")
    page = ana.get("/runs/week/policy").text
    assert "coordinated-collection" in page
    assert "A person approves, after another has assessed" in page
    assert "not yet" in page
    first, second = fresh.cases()[:2]
    ana.act(first, "assess")
    ana.post(f"/cases/{second}/claim")
    ana.act(second, "refuse")
    bo.act(first, "approve")
    page = ana.get("/runs/week/policy").text
    assert re.search(r">50\s%<", page)
    (row,) = ana.get("/queue?as=json&stage=all&rule=coordinated-collection&verdict=act&run=week").json()[:1]
    assert row["case_id"] == first


def test_a_draft_is_tried_and_nothing_is_written(fresh: Open) -> None:
    ana = fresh.visitor("ana", "analyst")
    before = fresh.console.cases.log.path.read_bytes()
    same = ana.post("/runs/week/policy/try", {"draft": DEFAULT_POLICY.read_text()}).text
    assert "Nobody would stand elsewhere" in same
    assert "act once approved" in same
    page = ana.post("/runs/week/policy/try", {"draft": STRICT.replace("\n", "\r\n")}).text
    assert "2 subjects would stand elsewhere" in page
    assert "campaign.q_value &lt;= 1.0e-9 is false" in page
    assert "rule coordinated-collection" in page
    assert "Keep who would stand elsewhere" not in same
    kept = ana.post("/runs/week/policy/try", {"draft": STRICT, "as": "json"}).json()
    assert len(kept) == 2
    assert all(one["before"] != one["after"] for one in kept)
    rows = ana.post("/runs/week/policy/try", {"draft": STRICT, "as": "csv"}).text.splitlines()
    assert rows[0].startswith("kind,id,accounts,before,after")
    assert fresh.console.cases.log.path.read_bytes() == before


def test_what_is_wrong_with_a_draft_is_said_with_its_line_and_the_text_stays(fresh: Open) -> None:
    ana = fresh.visitor("ana", "analyst")
    wrong = f"policy: x # {HOSTILE}\nversion: 1\nletter: {{sender: us, appeal: write}}\nrules:\n  - idd: many\n"
    answer = ana.post("/runs/week/policy/try", {"draft": wrong})
    assert answer.status_code == 422
    assert "draft:5: the rule knows no &#39;idd&#39;" in answer.text
    assert HOSTILE not in answer.text
    assert "idd: many" in answer.text


def test_a_policy_that_changed_since_is_told_and_licences_are_shown(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(STRICT)
    (tmp_path / "licences.yaml").write_text(LICENCES)
    places = make_places(tmp_path, policy=tmp_path / "mine.yaml", licences=tmp_path / "licences.yaml")
    with open_console(places) as opened:
        ana = opened.visitor("ana", "viewer")
        page = ana.get("/runs/week/policy").text
        assert "was held to another version" in page
        assert "MSA 1" in page
        assert HOSTILE not in page
        assert "Analysts try drafts here" in page
        assert "Hold it to this policy" not in page
        first, second = opened.cases()[:2]
        ben, bo = opened.visitor("ben", "analyst"), opened.visitor("bo", "approver")
        ben.act(first, "assess")
        ben.post(f"/cases/{second}/release")
        bo.act(first, "approve")
        bo.post(f"/cases/{second}/release")
        assert "Hold it to this policy" in bo.get("/runs/week/policy").text
        assert bo.post("/runs/week/decide").status_code == 303
        assert "was held to another version" not in bo.get("/runs/week/policy").text
        standings = opened.console.cases.cases().standings
        # This policy asks no more for what was approved, so it ends at once.
        assert {standings[first].state, standings[second].state} == {"superseded"}
        assert sorted(one.state for one in standings.values() if one.decision.subject.id == "C001") == [
            "in force",
            "superseded",
        ]
        (tmp_path / "licences.yaml").write_text("licences:\n  - holder: x\n")
        broken = ana.get("/runs/week/policy")
        assert broken.status_code == 422
        assert "licences.yaml:2: the licence has no &#39;licence_id&#39;" in broken.text


def test_a_run_that_was_not_decided_and_no_licences(tmp_path: Path) -> None:
    with open_console(make_places(tmp_path, decided=False)) as opened:
        page = opened.visitor("ana", "viewer").get("/runs/week/policy").text
        assert "has not been held to a policy yet" in page
        assert "No licences are given" in page


def test_what_a_gateway_does_or_would_do_beside_what_persons_made_of_it(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.mkdir()
    with open_console(make_places(tmp_path, gateway=record)) as opened:
        ana, bo = opened.visitor("ana", "analyst"), opened.visitor("bo", "approver")
        assert "holds no record of a gateway" in ana.get("/gateway").text
        case = opened.cases()[0]
        told = [
            ("shadow", ACCOUNT, ["throttle"], [case]),
            ("shadow", ACCOUNT, ["throttle"], [case]),
            ("shadow", f"other {HOSTILE}", ["observe"], [case]),
            ("shadow", "m1", [], []),
            ("enforce", "m2", ["refuse"], ["D-of-elsewhere"]),
        ]
        lines = [
            {"account_id": who, "gateway": {"mode": mode, "actions": actions, "decisions": decisions}}
            for mode, who, actions, decisions in told
        ]
        (record / "exchanges-1.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        page = ana.get("/gateway").text
        assert "would have been felt by 2 requests of 1 account, of 4 requests" in " ".join(page.split())
        assert "coordinated-collection" in page
        assert "not yet" in page
        assert HOSTILE not in page
        ana.act(case, "assess")
        bo.act(case, "approve")
        assert "100 %" in ana.get("/gateway").text
        rows = ana.get("/gateway?mode=enforce&as=json").json()
        assert {"by": "action", "name": "refuse", "requests": 1, "accounts": 1} in rows
        assert ana.get("/gateway?mode=else").status_code == 422
