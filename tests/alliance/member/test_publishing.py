"""Publishing: nothing leaves unapproved, nothing is lost, nothing is sent twice."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from stillwatch.alliance.hub import Hub, Serving, journal_entries
from stillwatch.alliance.member import (
    Client,
    Membership,
    approve,
    draft,
    publish,
    pull,
    read_draft,
    send,
    write_draft,
)
from stillwatch.alliance.stix import MARKINGS, shared_objects
from stillwatch.core import BadSetting, BadTable, CampaignFacts, EndpointFailed, Indicator, OutputUnwritable

Members = dict[str, Membership]


def written(hub: Hub) -> list[str]:
    """Identifiers of all objects the hub was sent, in order, as its journal says."""
    told = [entry.body for entry in journal_entries(hub)]
    return [one[0] for body in told if body["action"] == "write" for one in body["taken"]]


def test_nothing_leaves_by_drafting_and_exactly_the_draft_by_approving(
    hub: Hub, members: Members, facts: CampaignFacts, tmp_path: Path
) -> None:
    made = draft(members["acme"], facts)
    write_draft(made, tmp_path / "draft.json")
    assert send(members["acme"]).taken == 0
    assert written(hub) == []
    again = read_draft(tmp_path / "draft.json")
    assert again == made
    approve(members["acme"], again)
    assert send(members["acme"]).taken == len(made.objects)
    assert written(hub) == [one["id"] for one in made.objects]
    assert all(json.dumps(one, ensure_ascii=False) in str(made) for one in made.objects)


def test_a_draft_that_was_changed_or_is_anothers_is_refused(
    members: Members, facts: CampaignFacts, tmp_path: Path
) -> None:
    made = draft(members["acme"], facts)
    path = tmp_path / "draft.json"
    write_draft(made, path)
    with pytest.raises(OutputUnwritable):
        write_draft(made, path)
    path.write_text(path.read_text().replace("203.0.113.7", "203.0.113.8"))
    with pytest.raises(BadTable, match="changed"):
        read_draft(path)
    for text in ("", "[]", "{}", '{"format": "other"}', "[" * 100_000):
        path.write_text(text)
        with pytest.raises(BadTable):
            read_draft(path)
    with pytest.raises(BadSetting, match="acme's"):
        approve(members["bolt"], made)


def test_a_campaign_keeps_its_identifier_over_the_steps_of_its_run_whatever_becomes_of_its_accounts(
    members: Members, facts: CampaignFacts, tmp_path: Path
) -> None:
    acme = members["acme"]
    first, _ = publish(acme, dataclasses.replace(facts, lasting_id="run/C001"))
    # Grown tenfold since: by its accounts alone it would be another.
    grown = dataclasses.replace(
        facts, lasting_id="run/C001", accounts=450, account_ids=tuple(f"acct-{n}" for n in range(450))
    )
    made = draft(acme, grown)
    write_draft(made, tmp_path / "draft.json")
    approve(acme, read_draft(tmp_path / "draft.json"))
    assert made.campaign == first.campaign
    assert draft(acme, dataclasses.replace(grown, lasting_id=None)).campaign == first.campaign
    # What parted from it is mostly it, and another campaign of the run; in another run it would be the same.
    part = dataclasses.replace(grown, lasting_id="run/C002", account_ids=grown.account_ids[:300])
    assert draft(acme, part).campaign != first.campaign
    assert draft(acme, dataclasses.replace(part, lasting_id="other/C002")).campaign == first.campaign


def test_a_repeat_sends_nothing_and_a_change_sends_the_change(members: Members, facts: CampaignFacts) -> None:
    first, _ = publish(members["acme"], facts)
    again, sent = publish(members["acme"], facts)
    assert (again.objects, sent.taken, again.campaign) == ((), 0, first.campaign)
    # The next run knows it as C007, has lost a member, found another, and one more indicator.
    other = dataclasses.replace(
        facts,
        campaign_id="C007",
        account_ids=(*facts.account_ids[1:], "acct-new"),
        indicators=(*facts.indicators, Indicator("address", "203.0.113.9", 3, 0)),
    )
    changed, _ = publish(members["acme"], other)
    assert changed.campaign == first.campaign
    kinds = sorted({one["type"] for one in changed.objects})
    assert kinds == ["campaign", "indicator", "observed-data", "relationship", "report", "user-account"]
    assert [one["pattern"] for one in changed.objects if one["type"] == "indicator"] == [
        "[ipv4-addr:value = '203.0.113.9']"
    ]
    assert pull(members["bolt"]).indicators == 7
    stranger = dataclasses.replace(facts, account_ids=("x", "y", "z"))
    assert draft(members["acme"], stranger).campaign != first.campaign


def test_red_goes_nowhere_and_a_campaign_stands_under_one_label(members: Members, facts: CampaignFacts) -> None:
    with pytest.raises(BadSetting, match="TLP:RED"):
        draft(members["acme"], facts, tlp="red")
    publish(members["acme"], facts, tlp="green")
    with pytest.raises(BadSetting, match="'green' already"):
        draft(members["acme"], facts, tlp="amber")


def test_what_the_hub_refuses_is_said_and_can_be_sent_again_corrected(members: Members, facts: CampaignFacts) -> None:
    made, sent = publish(members["acme"], facts, tlp="amber", collection="green")
    assert "TLP:AMBER" in next(iter(sent.refused.values()))
    # Its identity is marked clear, as are techniques and the definition, and those stand.
    assert sent.taken + len(sent.refused) == len(made.objects)
    assert {one.partition("--")[0] for one in sent.refused} >= {"campaign", "indicator", "report"}
    again = draft(members["acme"], facts, tlp="green", collection="green")
    green = [one for one in again.objects if one["id"] == MARKINGS["green"]]
    assert len(again.objects) == len(sent.refused) + len(green)


def test_a_hub_that_is_away_costs_nothing(members: Members, facts: CampaignFacts, tmp_path: Path) -> None:
    gone = dataclasses.replace(members["acme"], hub="http://127.0.0.1:9", state=tmp_path / "away.db")
    approve(gone, draft(gone, facts))
    for _ in range(2):
        with pytest.raises(EndpointFailed, match="does not answer"):
            send(gone)
    assert len(gone.store.waiting(gone.hub, 1000)) == len(draft(members["acme"], facts).objects)


def test_an_answer_that_was_lost_is_not_answered_by_sending_again(
    hub: Hub, members: Members, facts: CampaignFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = members["acme"]
    made = draft(acme, facts)
    approve(acme, made)
    real = Client.add

    def lost(self: Client, *given: Any) -> Any:
        real(self, *given)
        raise EndpointFailed("the connection broke after the hub had taken it")

    monkeypatch.setattr(Client, "add", lost)
    with pytest.raises(EndpointFailed):
        send(acme)
    monkeypatch.setattr(Client, "add", real)
    assert send(acme).taken == len(made.objects)
    assert written(hub) == [one["id"] for one in made.objects]


_KILLED = """
import os, signal, sys
from pathlib import Path
from stillwatch.alliance.member import Credentials, Membership, send
from stillwatch.alliance.store import Store
point, name, hub, state, token = sys.argv[1:]
real = {"before": "trying", "after": "settle"}[point]
def die(*given): os.kill(os.getpid(), signal.SIGKILL)
setattr(Store, real, die)
send(Membership(name, hub, Path(state), Credentials(token)))
"""


@pytest.mark.parametrize("point", ["before", "after"])
def test_killed_in_the_middle_nothing_is_lost_or_sent_twice(
    hub: Hub, members: Members, facts: CampaignFacts, point: str
) -> None:
    acme = members["acme"]
    made = draft(acme, facts)
    approve(acme, made)
    arguments = [point, acme.name, acme.hub, str(acme.state), acme.credentials.token or ""]
    done = subprocess.run([sys.executable, "-c", _KILLED, *arguments], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    send(acme)
    assert written(hub) == [one["id"] for one in made.objects]
    assert acme.store.waiting(acme.hub, 10) == []


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_lost_or_sent_twice(hub: Hub, members: Members, facts: CampaignFacts) -> None:
    """The same, at moments that nobody chose."""
    acme = members["acme"]
    made = draft(acme, facts)
    approve(acme, made)
    code = (
        "import sys; from pathlib import Path; from stillwatch.alliance.member import *; import stillwatch.alliance."
        "member.publishing as p; p._BATCH = 3; print('on', flush=True); "
        "send(Membership(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Credentials(sys.argv[4])))"
    )
    arguments = [acme.name, acme.hub, str(acme.state), acme.credentials.token or ""]
    for number in range(4):
        process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.08 + 0.07 * number)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    send(acme)
    # What every hub has from the start may be found there and not be sent at all.
    shared = {one["id"] for one in shared_objects()}
    taken = [one for one in written(hub) if one not in shared]
    assert sorted(taken) == sorted(one["id"] for one in made.objects if one["id"] not in shared)


def test_the_members_file_is_for_its_owner_alone(members: Members) -> None:
    members["acme"].store.key()
    assert members["acme"].state.stat().st_mode & 0o777 == 0o600


def test_a_token_is_not_sent_to_another_host(served: Serving, members: Members) -> None:
    with pytest.raises(BadSetting):
        Client("ftp://hub.example", members["acme"].credentials)
    assert "***" in repr(members["acme"].credentials)
    token = members["acme"].credentials.token
    assert token
    assert token not in repr(members["acme"])
