"""The commands, as an operator types them."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from smallrun import HOLDERS, MEMBERS, registry, write_run

Command = Callable[..., str]


def changed_policy(folder: Path, old: str, new: str) -> Path:
    from stillwatch.policy import DEFAULT_POLICY  # noqa: PLC0415

    path = folder / "mine.yaml"
    assert old in DEFAULT_POLICY.read_text()
    path.write_text(DEFAULT_POLICY.read_text().replace(old, new))
    return path


def test_check_and_test(say: Command, tmp_path: Path) -> None:
    assert "nothing wrong" in say("policy", "check")
    assert re.search(r"(\d+) of \1 examples pass", say("policy", "test"))
    broken = changed_policy(tmp_path, "campaign.accounts >= 5", "campaign.acounts >= 5")
    say("policy", "check", broken, fails="did you mean accounts?")
    wrong = changed_policy(tmp_path, "size(campaign.families) >= 2", "size(campaign.families) >= 1")
    told = say("policy", "test", wrong, fails="an example does not give what it says")
    assert "one family alone convicts nobody: must give false, gives true" in told


def test_waivers_are_said_when_a_policy_is_checked(say: Command, tmp_path: Path) -> None:
    waived = changed_policy(tmp_path, "approval: required", "approval: waived")
    assert "act does without: approval" in say("policy", "check", waived)


def test_from_a_run_to_an_upheld_appeal(say: Command, run: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    told = say("policy", "decide", run, "--log", log)
    assert "campaign C001, 8 accounts: review; act waits for approval" in told
    assert "watch: 3 accounts" in told
    assert "4 decisions added" in told
    assert "0 decisions added" in say("policy", "decide", run, "--log", log)
    (name,) = set(re.findall(r"D-[0-9a-f]{12}", told))
    assert "before anything changes" in say("policy", "explain", log, "--account", "m1", "--for", "customer")
    assert "approved by Ada" in say("policy", "approve", name, "--log", log, "--by", "Ada")
    letter = say("policy", "explain", log, "--account", "m1", "--for", "customer")
    assert "We have limited your account" in letter
    filed = say(
        "policy", "appeal", name, "--log", log, "--by", "customer", "--account", "m1", "--statement", "We run a class."
    )
    (appeal,) = set(re.findall(r"A-[0-9a-f]{12}", filed))
    assert "does not apply to you" in say("policy", "explain", log, "--account", "m1", "--for", "customer")
    say(
        *("policy", "appeal", appeal, "--log", log, "--by", "Ada", "--outcome", "reversed", "--reason", "A class."),
        fails="another person decides its appeal",
    )
    say("policy", "appeal", appeal, "--log", log, "--by", "Grace", "--outcome", "reversed", "--reason", "A class.")
    upheld = say("policy", "explain", log, "--account", "m1", "--for", "customer")
    assert "was upheld: A class." in upheld
    assert "We have limited" not in upheld
    assert "We have limited" in say("policy", "explain", log, "--account", "m2", "--for", "customer")
    listed = say("policy", "log", log)
    assert "1 account exempt" in listed
    assert "the chain holds" in listed


def test_an_approval_leaves_accounts_out_and_waits_for_appeals(say: Command, run: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    (name,) = set(re.findall(r"D-[0-9a-f]{12}", say("policy", "decide", run, "--log", log)))
    words = ("policy", "approve", name, "--log", log, "--by", "Ada", "--except", "m1")
    filed = say(
        "policy", "appeal", name, "--log", log, "--by", "c", "--account", "m2", "--statement", "We run a class."
    )
    (appeal,) = set(re.findall(r"A-[0-9a-f]{12}", filed))
    say(*words, fails=f"an appeal against it is open: {appeal}")
    say("policy", "appeal", appeal, "--log", log, "--by", "Grace", "--outcome", "confirmed", "--reason", "No class.")
    say(*words[:-1], "nobody", fails="the decision does not name nobody")
    say(*words)
    assert "1 account exempt" in say("policy", "log", log)
    assert "We have limited" not in say("policy", "explain", log, "--account", "m1", "--for", "customer")
    assert "We have limited" in say("policy", "explain", log, "--account", "m3", "--for", "customer")


def test_the_default_policy_is_written_to_be_changed(say: Command, tmp_path: Path) -> None:
    copy = tmp_path / "mine.yaml"
    say("policy", "init", copy)
    say("policy", "check", copy)
    say("policy", "init", copy, fails="nothing is ever overwritten")


def test_a_proposal_can_be_refused(say: Command, run: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    (name,) = set(re.findall(r"D-[0-9a-f]{12}", say("policy", "decide", run, "--log", log)))
    assert "withdrawn" in say("policy", "approve", name, "--log", log, "--by", "Ada", "--refuse", "--note", "a class")
    assert name not in say("policy", "log", log)
    assert name in say("policy", "log", log, "--ended")


def test_explaining_a_run_shows_clauses_and_the_letter(say: Command, run: Path) -> None:
    both = say("policy", "explain", run, "--account", "m0")
    assert "coordinated-collection (act) holds" in both
    assert "To the customer" in both
    assert "campaign.q_value" not in say("policy", "explain", run, "--account", "m0", "--for", "customer")
    assert "Subject:" not in say("policy", "explain", run, "--account", "m0", "--for", "analyst")
    say("policy", "explain", run, "--account", "nobody", fails="the run has no such account")


def test_diff_with_a_run_is_a_backtest(say: Command, run: Path, tmp_path: Path) -> None:
    from stillwatch.policy import DEFAULT_POLICY  # noqa: PLC0415

    assert say("policy", "diff", DEFAULT_POLICY, DEFAULT_POLICY, "--run", run).splitlines() == [
        "the policies say the same",
        "on this run nobody would stand elsewhere",
    ]
    strict = changed_policy(tmp_path, "campaign.q_value <= 0.001", "campaign.q_value <= 1.0e-20")
    told = say("policy", "diff", DEFAULT_POLICY, strict, "--run", run)
    assert "1 campaign (8 accounts): act once approved" in told


def test_open_rules_and_the_way_to_close_them_are_said(say: Command, run: Path, tmp_path: Path) -> None:
    info = run / "run.json"
    info.write_text(info.read_text().replace('"columns_missing": []', '"columns_missing": ["licence_id"]'))
    told = say("policy", "decide", run, "--log", tmp_path / "log.jsonl")
    assert "open: rule linked-not-member for 2 accounts, for want of account.licensed" in told
    assert "next: give the licences with --licences" in told
    registry(tmp_path)
    told = say("policy", "decide", run, "--log", tmp_path / "l.jsonl", "--licences", tmp_path / "licences.yaml")
    assert "open:" not in told


def test_a_licence_that_is_named_and_not_registered_is_said(say: Command, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", account_file={name: {"licence_id": "lic-1"} for name in HOLDERS})
    registry(tmp_path)
    told = say("policy", "decide", run, "--log", tmp_path / "log.jsonl", "--licences", tmp_path / "licences.yaml")
    assert "next: a licence that accounts name is not in the registry" in told
    assert "--licences" not in told


def test_what_is_asked_wrongly_is_said(say: Command, run: Path, tmp_path: Path) -> None:
    log = tmp_path / "none.jsonl"
    say("policy", "log", log, fails="there is no decision log")
    say("policy", "explain", log, "--account", "a", fails="there is no decision log")
    say("policy", "appeal", "D-1", "--log", log, "--by", "c", fails="filed with --statement or decided with --outcome")
    say("policy", "decide", tmp_path / "nowhere", "--log", log, fails="is no run")


def test_a_scan_starts_without_cel() -> None:
    code = "import sys, stillwatch.cli; sys.exit('cel' in sys.modules or 'yaml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_how_tos_policy_and_licences_work_as_written(say: Command, run: Path, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "write-a-policy.md").read_text(encoding="utf-8")
    policy, licences = re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "mine.yaml").write_text(policy)
    (tmp_path / "licences.yaml").write_text(licences)
    assert "our-line" in say("policy", "check", str(tmp_path / "mine.yaml"))
    assert "3 of 3" in say("policy", "test", str(tmp_path / "mine.yaml"))
    log = tmp_path / "decisions.jsonl"
    files = ["--policy", str(tmp_path / "mine.yaml"), "--licences", str(tmp_path / "licences.yaml")]
    assert "one-hand" in say("policy", "decide", str(run), *files, "--log", str(log))
    shown = say("policy", "explain", str(log), "--account", MEMBERS[0])
    assert "unless an honest explanation holds" in shown
    assert "one of: they have common content" in shown
