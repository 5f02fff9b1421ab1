"""Rules about organisations and templates, through the commands: read, tried, decided, explained, changed, appealed."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from smallrun import CLEAR, HOLDERS, write_run

from stillwatch.cli import main
from stillwatch.core import AuditLog
from stillwatch.decisions import current_decisions
from stillwatch.policy import DEFAULT_POLICY

Command = Callable[..., str]

ORGANISATION = """
  - id: org-wide
    about: organisation
    rationale: An organisation whose accounts are found in campaigns is asked, whoever of them it was.
    legal_basis: "the contract with the organisation"
    when:
      - {says: it has several accounts, that: organisation.accounts >= 2}
      - any:
          - {says: some are in a campaign, that: organisation.accounts_in_campaigns >= 1}
          - {says: they send a lot, that: organisation.exchanges >= 6}
    unless:
      - {says: the log is too short to tell, that: run.days < 1.0}
    verdict: review
    infers: {statement: "What its accounts do is not concluded.", confidence: low}
    evidence: "{organisation.accounts} accounts, {organisation.accounts_in_campaigns} of them in campaigns."
    customer: "{organisation.accounts} accounts of yours made {organisation.exchanges} requests."
    examples:
      - {name: busy, facts: {organisation: {accounts: 2, accounts_in_campaigns: 0, exchanges: 6}, run: {days: 2.0}}, gives: true}
      - {name: one account, facts: {organisation: {accounts: 1, accounts_in_campaigns: 1, exchanges: 9}, run: {days: 2.0}}, gives: false}
      - {name: length unknown, facts: {organisation: {accounts: 2, accounts_in_campaigns: 1}}, gives: unknown}
"""
TEMPLATE = """
  - id: text-of-a-campaign
    about: template
    rationale: Whoever sends a text that only a campaign sends is met at once.
    legal_basis: "our terms of service"
    when:
      - {says: a campaign's accounts share it, that: template.in_campaign}
      - {says: it is a whole sentence, that: template.kind == 'sentence'}
      - {says: strangers do not send it, that: template.accounts <= campaign.accounts}
      - {says: the campaign is sure, that: campaign.q_value <= 0.001}
    verdict: act
    action: [{rate-limit: {requests_per_minute: 5}}]
    infers: {statement: "Who sends it belongs to the campaign or uses its script.", confidence: moderate}
    evidence: "{template.accounts} accounts sent it {template.exchanges} times."
    customer: "A text in your requests is one that we know from use that our terms do not allow."
    examples:
      - name: a campaign's sentence
        facts: {template: {in_campaign: true, kind: sentence, accounts: 8}, campaign: {accounts: 8, q_value: 1.0e-8}}
        gives: true
      - name: a text of nobody's
        facts: {template: {in_campaign: false, kind: sentence, accounts: 8}}
        gives: false
      - name: a campaign without q-value
        facts: {template: {in_campaign: true, kind: sentence, accounts: 8}, campaign: {accounts: 8}}
        gives: unknown
"""


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command of policy; what it printed. ``fails`` is the text that its error must hold."""

    def call(*arguments: object, fails: str = "") -> str:
        if not fails:
            main(["policy", *map(str, arguments)])
            return capsys.readouterr().out
        with pytest.raises(SystemExit) as ended:
            main(["policy", *map(str, arguments)])
        assert ended.value.code == 2
        told = capsys.readouterr()
        assert fails in told.err
        return told.out

    return call


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """The default policy with the two rules added."""
    path = tmp_path / "mine.yaml"
    path.write_text(DEFAULT_POLICY.read_text() + ORGANISATION + TEMPLATE)
    return path


def changed(path: Path, old: str, new: str) -> Path:
    assert old in path.read_text()
    other = path.with_name("changed.yaml")
    other.write_text(path.read_text().replace(old, new))
    return other


def numbers(text: str) -> dict[str, str]:
    """Decision ids by subject."""
    return {f"{kind} {name}": d for d, kind, name in re.findall(r"(D-[0-9a-f]{12})  (\w+) ([\w-]+)", text)}


def test_check_and_test_read_them(say: Command, mine: Path) -> None:
    told = say("check", mine)
    assert "nothing wrong" in told
    assert "1 organisation and 1 template" in told
    assert re.search(r"(\d+) of \1 examples pass", say("test", mine))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("organisation.accounts >= 2", "account.exchanges >= 2", "organisation"),
        ("organisation.accounts >= 2", "organisation.acounts >= 2", "did you mean accounts?"),
        ("template.kind == 'sentence'", "template.kind == 'sentense'", "which it never"),
        ("{organisation.exchanges} requests", "{organisation.accounts_in_campaigns} found", "must not be told"),
        ("A text in your requests", "{template.accounts} accounts sent a text that", "must not be told"),
        ("A text in your requests", "{campaign.q_value}: a text", "must not be told"),
        ("    about: template", "    about: text", "about"),
    ],
)
def test_what_is_wrong_in_them_is_said(say: Command, mine: Path, old: str, new: str, said: str) -> None:
    say("check", changed(mine, old, new), fails=said)


def test_an_example_that_is_wrong_is_said(say: Command, mine: Path) -> None:
    told = say("test", changed(mine, "organisation.exchanges >= 6", "organisation.exchanges >= 7"), fails="an example")
    assert "org-wide" in told
    assert "busy: must give true, gives false" in told


def test_they_decide_and_each_decision_is_explained_by_its_id(
    say: Command, run: Path, mine: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log.jsonl"
    told = say("decide", run, "--policy", mine, "--log", log)
    made = numbers(told)
    assert {name for name in made if name.split()[0] in ("organisation", "template")} == {
        "organisation org-h",
        "template T1",
    }
    assert "0 decisions added" in say("decide", run, "--policy", mine, "--log", log)
    for source in ((log,), (run, "--policy", mine)):
        shown = say("explain", *source, "--decision", made["organisation org-h"])
        assert "one of: they send a lot" in shown
        assert "2 accounts of yours made 6 requests." in shown
        text = say("explain", *source, "--decision", made["template T1"])
        assert "template.accounts <= campaign.accounts" in text
        letter = say("explain", *source, "--decision", made["template T1"], "--for", "customer")
        assert "one that we know from use that our terms do not allow" in letter
        assert not re.search(r"C001|\bT1\b|\bm\d\b|q_value|0\.001", letter)
    for account in HOLDERS:
        assert "org-wide" in say("explain", log, "--account", account)
        assert "organisation org-h" in say("explain", run, "--policy", mine, "--account", account)
    assert "org-wide" not in say("explain", log, "--account", CLEAR[1])
    say("explain", log, "--decision", "D-none", fails="no such decision")
    say("explain", run, "--decision", "D-none", fails="no such decision")
    say("explain", log, fails="--account or --decision")
    say("explain", log, "--account", "a", "--decision", "D-1", fails="--account or --decision")


def test_a_template_reaches_act_by_approval_and_is_appealed_by_whoever_sends_it(
    say: Command, run: Path, mine: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log.jsonl"
    name = numbers(say("decide", run, "--policy", mine, "--log", log))["template T1"]
    assert "act waits for approval" in say("log", log)
    assert "approved by Ada" in say("approve", name, "--log", log, "--by", "Ada")
    assert "We have limited your account" in say("explain", log, "--decision", name, "--for", "customer")
    filed = say("appeal", name, "--log", log, "--by", "them", "--account", "late", "--statement", "a course's script")
    (appeal,) = set(re.findall(r"A-[0-9a-f]{12}", filed))

    def covers(account: str) -> bool:
        standings = current_decisions(AuditLog(log).entries(), datetime.now(UTC), where=str(log))
        return any(one.covers(account, templates=["T1"]) for one in standings if one.decision.decision_id == name)

    assert (covers("late"), covers("later")) == (False, True)
    say("appeal", appeal, "--log", log, "--by", "Grace", "--outcome", "confirmed", "--reason", "No course sends it.")
    assert (covers("late"), covers("later")) == (True, True)


def test_a_change_of_them_shows_in_diff_and_backtest(say: Command, run: Path, mine: Path) -> None:
    told = say("diff", DEFAULT_POLICY, mine, "--run", run)
    assert "rule org-wide" in told
    assert "1 organisation (2 accounts): no decision -> review" in told
    assert "1 template" in told
    milder = changed(mine, "organisation.exchanges >= 6", "organisation.exchanges >= 60")
    told = say("diff", mine, milder, "--run", run)
    assert "org-wide: organisation.exchanges >= 6 was true; organisation.exchanges >= 60 is false" in told
    assert "1 organisation (2 accounts): review" in told
    assert "template" not in told
    wider = changed(mine, "template.accounts <= campaign.accounts", "template.accounts >= campaign.accounts")
    told = say("diff", mine, wider, "--run", run)
    assert "1 template" in told
    assert "organisation" not in told


def test_a_missing_fact_leaves_them_open(say: Command, mine: Path, tmp_path: Path) -> None:
    from smallrun import campaign  # noqa: PLC0415

    run = write_run(tmp_path / "other", [campaign(q_value=None)])
    told = say("decide", run, "--policy", mine, "--log", tmp_path / "log.jsonl")
    assert "template T1" not in told
    assert re.search(r"open: rule text-of-a-campaign for \d templates?, for want of campaign.q_value", told)
