"""What is wrong with a policy or a registry is said with file, line, value and a way out.

``golden_messages.txt`` holds the messages; ``REWRITE_GOLDEN=1`` writes it anew, for a person to read.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stillwatch.core import BadPolicy, StillwatchError, UnreadableInput
from stillwatch.policy import DEFAULT_POLICY, Policy, read_policy, read_registry, try_examples

GOLDEN = Path(__file__).parent / "golden_messages.txt"

POLICY = """\
policy: mine
version: 1
letter: {sender: us, appeal: Write to us.}
ladder:
  act: {q_value: 0.01}
rules:
  - id: many
    about: campaign
    rationale: why
    legal_basis: terms
    when:
      - {says: many accounts, that: campaign.accounts > 5}
    verdict: review
    action: [tag]
    infers: {statement: many, confidence: low}
    evidence: "{campaign.accounts} accounts"
    customer: you act alike in {campaign.families}
    examples:
      - {name: six, facts: {campaign: {accounts: 6}}, gives: true}
"""

SLIPS: dict[str, tuple[str, str]] = {
    "a key that is not known": ("legal_basis", "legal_bases"),
    "a key that is missing": ("    rationale: why\n", ""),
    "a verdict that does not exist": ("verdict: review", "verdict: rewiev"),
    "a subject that does not exist": ("about: campaign", "about: user"),
    "a fact that does not exist": ("campaign.accounts > 5", "campaign.acounts > 5"),
    "a fact of another subject": ("campaign.accounts > 5", "account.exchanges > 5"),
    "types that do not mix": ("campaign.accounts > 5", "campaign.accounts + 0.5 > 5.0"),
    "an expression that is none": ("campaign.accounts > 5", '"campaign.accounts >"'),
    "a question whether a fact is there": ("campaign.accounts > 5", "'!has(campaign.accounts)'"),
    "an action that does not exist": ("[tag]", "[rate-limt]"),
    "an action without its parameter": ("verdict: review\n    action: [tag]", "verdict: act\n    action: [rate-limit]"),
    "an action with a wrong value": (
        "verdict: review\n    action: [tag]",
        "verdict: act\n    action: [{rate-limit: {requests_per_minute: many}}]",
    ),
    "an action that a customer feels, below act": ("[tag]", "[block]"),
    "a placeholder that is no fact": ('"{campaign.accounts} accounts"', '"{campaign.size} accounts"'),
    "a placeholder that a customer must not read": ("alike in {campaign.families}", "alike in {campaign.id}"),
    "an example's fact of a wrong type": ("accounts: 6", "accounts: six"),
    "an example that gives nothing": ("gives: true", "gives: perhaps"),
    "a verification without a page": ("[tag]", "[verify]"),
    "a verification at no page": ("[tag]", "[{verify: {url: our desk}}]"),
    "a small number as YAML does not read it": ("accounts: 6", "q_value: 1e-8"),
    "a condition of act that does not exist": ("act: {q_value: 0.01}", "act: {qvalue: 0.01}"),
    "a condition of act out of range": ("q_value: 0.01", "q_value: 2"),
    "a rule without clauses": ("when:\n      - {says: many accounts, that: campaign.accounts > 5}", "when: []"),
    "two rules of one id": (
        "    examples:\n      - {name: six, facts: {campaign: {accounts: 6}}, gives: true}\n",
        "    examples: []\n" + POLICY.split("rules:\n")[1],
    ),
    "a key twice": ("version: 1", "version: 1\nversion: 2"),
    "indentation that is none": ("    about: campaign", "   about: campaign"),
    "a version that is a list": ("version: 1", "version: &a [*a, *a]"),
    "brackets without end": ("version: 1", f"version: {'[' * 5000}"),
    "no rules": (POLICY[POLICY.index("rules:") :], "rules: []\n"),
}

LICENCES = """\
licences:
  - licence_id: lic-1
    holder: Example Labs
    contract: MSA 1
    accounts: [a]
    exchanges: 10
    from: 2026-01-01
    until: 2026-12-31
"""

LICENCE_SLIPS: dict[str, tuple[str, str]] = {
    "a licence without contract": ("    contract: MSA 1\n", ""),
    "a licence of nobody": ("    accounts: [a]\n", ""),
    "a volume that is none": ("exchanges: 10", "exchanges: 0"),
    "a day that is none": ("until: 2026-12-31", "until: new year"),
    "an end before the beginning": ("until: 2026-12-31", "until: 2025-12-31"),
    "a licence twice": (LICENCES[10:], LICENCES[10:] + LICENCES[10:]),
    "a key of a licence that is not known": ("accounts: [a]", "account: [a]"),
}


def message(read: Callable[[Path], object], path: Path, text: str) -> str:
    path.write_text(text)
    with pytest.raises(BadPolicy) as refused:
        read(path)
    return str(refused.value).replace(str(path), path.name)


def test_every_message_is_as_it_was_read_by_a_person(tmp_path: Path) -> None:
    told = []
    for slips, text, read, name in (
        (SLIPS, POLICY, read_policy, "policy.yaml"),
        (LICENCE_SLIPS, LICENCES, read_registry, "licences.yaml"),
    ):
        read(_written(tmp_path / name, text))
        for what, (old, new) in slips.items():
            assert old in text, what
            told.append(f"# {what}\n{message(read, tmp_path / name, text.replace(old, new, 1))}\n")
    found = "\n".join(told)
    if os.environ.get("REWRITE_GOLDEN"):
        GOLDEN.write_text(found)
    assert found == GOLDEN.read_text()


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize("read", [read_policy, read_registry])
def test_a_file_that_is_not_there_or_no_text_is_said(read: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="cannot be read"):
        read(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StillwatchError):
        read(tmp_path / "bytes.yaml")
    with pytest.raises(BadPolicy, match="empty"):
        read(_written(tmp_path / "empty.yaml", "# nothing\n"))


def test_the_default_policy_s_examples_pass_and_cover_every_rule(default: Policy) -> None:
    tried = try_examples(default)
    assert [one for one in tried if not one.passed] == []
    for rule in default.rules:
        assert {one.got for one in tried if one.rule is rule} >= {"true", "false"}


def test_the_default_policy_asks_for_all_three_conditions_of_act(default: Policy) -> None:
    assert default.ladder.waived == ()
    assert not any(rule.without for rule in default.rules)
    assert DEFAULT_POLICY.read_text().startswith("#")


def test_an_operator_s_waivers_are_read(tmp_path: Path) -> None:
    text = POLICY.replace("{q_value: 0.01}", "{q_value: waived, families: waived, approval: waived}")
    read = read_policy(_written(tmp_path / "p.yaml", text))
    assert read.ladder.waived == ("q-value", "families", "approval")
    text = POLICY.replace("  act: {q_value: 0.01}", "  felt_from: review").replace(
        "[tag]", "[{verify: {url: https://x.org/v}}]"
    )
    assert read_policy(_written(tmp_path / "p.yaml", text)).rules[0].actions[0].kind == "verify"
