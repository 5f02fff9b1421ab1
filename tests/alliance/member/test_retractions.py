"""Retractions and appeals: they reach whoever pulled, and only the right member's word has effect."""

import pytest

from stillwatch.alliance.member import Membership, appeal, draft_appeal, publish, pull, retract
from stillwatch.alliance.store import partner_indicators
from stillwatch.core import BadSetting, CampaignFacts

Members = dict[str, Membership]


def case_of(note: dict[str, object]) -> str:
    (told,) = note["extensions"].values()  # type: ignore[attr-defined]
    return str(told["appeal"]["case"])


def test_a_retraction_reaches_who_pulled_before_and_who_pulls_after(members: Members, facts: CampaignFacts) -> None:
    made, _ = publish(members["acme"], facts)
    assert made.campaign
    pull(members["bolt"])
    assert len(partner_indicators(members["bolt"].state)) == 6
    taken, _ = retract(members["acme"], made.campaign)
    assert all(one["revoked"] for one in taken.objects)
    # What they say is published already: who approves reads which they are.
    assert all(one["id"] in str(taken) for one in taken.objects)
    assert len(str(taken).splitlines()) < len(taken.objects) + 5
    assert {one["type"] for one in taken.objects} == {
        "campaign",
        "indicator",
        "observed-data",
        "relationship",
        "report",
    }
    for name in ("bolt", "cora"):
        assert made.campaign in pull(members[name]).retracted
        assert partner_indicators(members[name].state) == []
    with pytest.raises(BadSetting, match="already"):
        retract(members["acme"], made.campaign)
    # Published anew it is another campaign: nothing follows a revocation.
    again, sent = publish(members["acme"], facts)
    assert again.campaign != made.campaign
    assert sent.refused == {}
    pull(members["bolt"])
    assert len(partner_indicators(members["bolt"].state)) == 6


def test_one_indicator_is_taken_back_and_the_rest_stands(members: Members, facts: CampaignFacts) -> None:
    made, _ = publish(members["acme"], facts)
    one = next(thing for thing in made.objects if thing["type"] == "indicator")
    taken, _ = retract(members["acme"], one["id"], reason="no longer valid")
    assert {thing["type"] for thing in taken.objects} == {"indicator", "relationship"}
    pull(members["bolt"])
    assert len(partner_indicators(members["bolt"].state)) == 5
    for identifier, reason in ((one["id"], "because"), ("campaign--x", "mistake")):
        with pytest.raises(BadSetting):
            retract(members["acme"], identifier, reason=reason)
    with pytest.raises(BadSetting, match="not published"):
        retract(members["bolt"], one["id"])


def test_an_appeal_travels_with_its_outcome_and_only_the_publishers_word_undoes(
    members: Members, facts: CampaignFacts
) -> None:
    made, _ = publish(members["acme"], facts)
    assert made.campaign
    pull(members["bolt"])
    filed, _ = appeal(members["bolt"], made.campaign)
    case = case_of(filed.objects[0])
    for name in ("acme", "cora"):
        assert [one.status for one in pull(members[name]).appeals] == ["filed"]
    assert {one.appeal for one in partner_indicators(members["cora"].state)} == {"filed"}
    # The filer's own outcome is told, and ends nobody else's indicator.
    appeal(members["bolt"], made.campaign, status="upheld", case=case)
    pull(members["cora"])
    assert {one.appeal for one in partner_indicators(members["cora"].state)} == {"filed"}
    pull(members["acme"])
    appeal(members["acme"], made.campaign, status="upheld", case=case)
    for name in ("bolt", "cora"):
        (told,) = pull(members[name]).appeals
        assert (told.status, told.final) == ("upheld", True)
        assert partner_indicators(members[name].state) == []


def test_a_rejected_appeal_is_told_and_the_indicator_stands(members: Members, facts: CampaignFacts) -> None:
    made, _ = publish(members["acme"], facts)
    assert made.campaign
    filed, _ = appeal(members["acme"], made.campaign)
    appeal(members["acme"], made.campaign, status="rejected", case=case_of(filed.objects[0]))
    pull(members["bolt"])
    assert {one.appeal for one in partner_indicators(members["bolt"].state)} == {"rejected"}


def test_a_third_member_can_neither_answer_nor_take_over_a_case(members: Members, facts: CampaignFacts) -> None:
    made, _ = publish(members["acme"], facts)
    assert made.campaign
    pull(members["bolt"])
    filed, _ = appeal(members["bolt"], made.campaign)
    pull(members["cora"])
    appeal(members["cora"], made.campaign, status="rejected", case=case_of(filed.objects[0]))
    pull(members["acme"])
    pull(members["bolt"])
    assert {one.appeal for one in partner_indicators(members["bolt"].state)} == {"filed"}


def test_an_account_that_appeals_leaves_as_a_pseudonym_and_its_case_is_its_own(
    members: Members, facts: CampaignFacts
) -> None:
    made, _ = publish(members["acme"], facts)
    assert made.campaign
    filed, _ = appeal(members["acme"], made.campaign, account="acct-7")
    assert "acct-7" not in str(filed)
    case = case_of(filed.objects[-1])
    appeal(members["acme"], made.campaign, account="acct-7", status="upheld", case=case)
    (told,) = pull(members["bolt"]).appeals
    assert (told.status, told.whole) == ("upheld", False)
    assert set(told.objects) & {one["id"] for one in made.objects if one["type"] == "user-account"}
    # One account was wronged; what was seen of the others stands.
    assert len(partner_indicators(members["bolt"].state)) == 6


def test_an_appeal_is_about_something_and_its_outcome_about_a_case(members: Members, facts: CampaignFacts) -> None:
    made, _ = publish(members["acme"], facts)
    assert made.campaign
    for identifier, how in (
        ("campaign--x", {}),
        (made.campaign, {"status": "upheld"}),
        (made.campaign, {"status": "lost", "case": "1"}),
    ):
        with pytest.raises(BadSetting):
            draft_appeal(members["acme"], identifier, **how)  # type: ignore[arg-type]
