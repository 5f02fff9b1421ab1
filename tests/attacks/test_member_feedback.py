"""What partners say of one's indicators reaches their creator, in their own name alone, and does nothing by itself."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from alliance_served import Alliance, alliance, indicator

from stillwatch.alliance.member import approve, draft_opinion, draft_sightings, pull, retract, send
from stillwatch.alliance.stix import identity_id
from stillwatch.alliance.store import Feedback, feedback, partner_indicators
from stillwatch.cli.alliance.feedback import opinion_command, sighted_command
from stillwatch.core import BadSetting, UnreadableInput
from stillwatch.services.sightings import partner_sightings

ALPHAS = indicator("alpha", 7)
WHO = f"({identity_id('beta')})"


def _publish(met: Alliance) -> None:
    member = met.members["alpha"]
    member.store.approve(member.hub, "amber", [ALPHAS])
    assert send(member).refused == {}
    pull(met.members["beta"])


def _said(met: Alliance) -> list[Feedback]:
    pull(met.members["alpha"])
    return feedback(met.members["alpha"].store)


def test_a_sighting_and_an_opinion_reach_the_creator(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "beta") as met:
        _publish(met)
        beta = met.members["beta"]
        for made in (*draft_sightings(beta, {ALPHAS["id"]: (5, 3)}), draft_opinion(beta, ALPHAS["id"], "agree")):
            approve(beta, made)
        assert send(beta).refused == {}
        told = pull(met.members["alpha"])
        assert set(told.feedback) == {
            Feedback(WHO, ALPHAS["id"], count=5),
            Feedback(WHO, ALPHAS["id"], opinion="agree"),
        }
        assert f"{WHO} says agree of {ALPHAS['id']}" in str(told)
        assert pull(met.members["alpha"]).feedback == ()
        # A later word replaces an earlier one, and one that is taken back is gone.
        later = draft_opinion(beta, ALPHAS["id"], "strongly-disagree")
        approve(beta, later)
        send(beta)
        assert Feedback(WHO, ALPHAS["id"], opinion="strongly-disagree") in _said(met)
        retract(beta, later.objects[0]["id"])
        assert _said(met) == [Feedback(WHO, ALPHAS["id"], count=5)]
        # Nothing of it ends what it is about.
        assert [one.indicator_id for one in partner_indicators(beta.state)] == [ALPHAS["id"]]


def test_nobody_speaks_in_anothers_name_and_nonsense_is_passed_by(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "beta", "gamma") as met:
        _publish(met)
        (made,) = draft_sightings(met.members["beta"], {ALPHAS["id"]: (5, 3)})
        (sighting,) = made.objects
        assert met.post("gamma", "amber", [sighting]).json()["success_count"] == 0
        odd = indicator("gamma", 1) | {"type": "sighting", "sighting_of_ref": ALPHAS["id"]}
        things = [
            odd | {"id": f"sighting--00000000-0000-4000-8000-00000000000{n}", "count": count}
            for n, count in enumerate(["many", -1, True, {"a": 1}])
        ]
        wrong = odd | {"type": "opinion", "opinion": "\x1b[2J", "object_refs": [ALPHAS["id"]]}
        things.append(wrong | {"id": "opinion--00000000-0000-4000-8000-000000000000"})
        assert met.post("gamma", "amber", things).json()["success_count"] == 5
        assert _said(met) == [Feedback(f"({identity_id('gamma')})", ALPHAS["id"])]


def test_ones_own_and_the_unknown_get_no_feedback(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "beta") as met:
        _publish(met)
        assert draft_sightings(met.members["alpha"], {ALPHAS["id"]: (5, 3)}) == []
        assert draft_sightings(met.members["beta"], {indicator("alpha", 8)["id"]: (5, 3)}) == []
        for name, thing, word in (("alpha", 7, "agree"), ("beta", 8, "agree"), ("beta", 7, "yes")):
            with pytest.raises(BadSetting):
                draft_opinion(met.members[name], indicator("alpha", thing)["id"], word)


def test_a_run_is_told_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with pytest.raises(UnreadableInput, match="partner"):
        partner_sightings(run)
    accounts, indicators = ["a0", "a1", "a2", "a3", "a0", "a1"], [ALPHAS["id"]] * 5 + ["indicator--other"]
    pq.write_table(pa.table({"account_id": accounts, "indicator_id": indicators}), run / "partners.parquet")
    pq.write_table(pa.table({"account_ids": [["a0", "a1", "a9"]]}), run / "campaigns.parquet")
    assert partner_sightings(run) == {ALPHAS["id"]: (4, 2)}
    with alliance(tmp_path, "alpha", "beta") as met:
        _publish(met)
        beta, token = met.members["beta"], tmp_path / "token"
        token.write_text(str(beta.credentials.token))
        beta.store.remember({"name": "beta", "hub": met.url, "token_file": str(token)})
        sighted_command(run, yes=True, state=beta.state)
        opinion_command(ALPHAS["id"], "disagree", yes=True, state=beta.state)
        assert "sent 1 object\n" in capsys.readouterr().out
        assert {one.count for one in _said(met)} == {4, None}
        sighted_command(run, least=9, yes=True, state=beta.state)
        assert "nothing is to be told" in capsys.readouterr().out
