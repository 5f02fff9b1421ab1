"""Licensed distillation is an agreed use; each bound that is passed is a finding of its own."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from smallrun import CLEAR, HOLDERS, NOW, registry, write_run

from stillwatch.policy import Policy, RunFacts, decide, read_run

FILE = {name: {"licence_id": "lic-1", "org_id": "org-h", "declared_use": "Evaluation"} for name in HOLDERS}
LICENCE = """\
licences:
  - licence_id: lic-1
    holder: Example Labs
    contract: MSA 1
    organisations: [org-h]
    models: [apex-2, apex-3]
    purposes: [evaluation]
    exchanges: 6
    exchanges_per_day: 2
    from: 2026-09-07
    until: 2026-09-09
"""


def measured(folder: Path, text: str, file: Mapping[str, Mapping[str, Any]] = FILE) -> RunFacts:
    run = write_run(folder / "run", account_file=file)
    return read_run(run, registry(folder, text))


def rules_of(policy: Policy, facts: RunFacts, kind: str) -> dict[str, list[str]]:
    return {
        one.subject.id: [rule.id for rule in one.rules]
        for one in decide(policy, facts, NOW).decisions
        if one.subject.kind == kind
    }


def test_use_in_bounds_is_recorded_as_clear(default: Policy, tmp_path: Path) -> None:
    facts = measured(tmp_path, LICENCE)
    (one,) = [d for d in decide(default, facts, NOW).decisions if d.subject.kind == "licence"]
    assert ([rule.id for rule in one.rules], one.verdict, one.accounts) == (
        ["licence-in-bounds"],
        "clear",
        ("h0", "h1"),
    )
    assert "6 exchanges by 2 accounts" in one.customer_text
    assert facts.covered == {"h0", "h1"}


@pytest.mark.parametrize(
    ("old", "new", "rule", "covered"),
    [
        ("exchanges: 6", "exchanges: 5", "licence-volume-exceeded", {"h0", "h1"}),
        ("exchanges_per_day: 2", "exchanges_per_day: 1", "licence-volume-exceeded", {"h0", "h1"}),
        ("[apex-2, apex-3]", "[apex-3]", "licence-models-exceeded", set()),
        ("[evaluation]", "[resale]", "licence-purpose-exceeded", set()),
        ("from: 2026-09-07", "from: 2026-09-08", "licence-dates-exceeded", set()),
        ("until: 2026-09-09", "until: 2026-09-08", "licence-dates-exceeded", set()),
        ("organisations: [org-h]", "accounts: [h0]", "licence-shared", {"h0"}),
        ("licence_id: lic-1", "licence_id: lic-2", "licence-unknown", set()),
    ],
)
def test_each_bound_that_is_passed_is_its_own_finding(
    default: Policy, tmp_path: Path, old: str, new: str, rule: str, covered: set[str]
) -> None:
    facts = measured(tmp_path, LICENCE.replace(old, new))
    assert rules_of(default, facts, "licence")["lic-1"] == [rule]
    assert facts.covered == covered
    ids = {f"{name}-{day}" for name in HOLDERS for day in range(3)}
    for one in decide(default, facts, NOW).decisions:
        if one.subject.kind == "licence":
            assert one.evidence
            assert set(one.evidence) <= ids


def test_what_lies_outside_a_licence_is_what_the_evidence_shows_first(default: Policy, tmp_path: Path) -> None:
    facts = measured(tmp_path, LICENCE.replace("until: 2026-09-09", "until: 2026-09-08"))
    assert set(facts.usage["lic-1"].evidence[:2]) == {"h0-2", "h1-2"}


def test_a_stranger_under_a_licence_s_number_is_no_load_on_its_holder(default: Policy, tmp_path: Path) -> None:
    facts = measured(tmp_path, LICENCE, {**FILE, "c5": {"licence_id": "lic-1"}})
    assert rules_of(default, facts, "licence")["lic-1"] == ["licence-shared"]
    assert rules_of(default, facts, "account")["c5"] == ["licence-of-another"]
    licence = next(d for d in decide(default, facts, NOW).decisions if d.subject.kind == "licence")
    assert licence.accounts == ("h0", "h1")
    assert "c5" not in re.findall(r"[\w-]+", licence.customer_text)
    assert facts.usage["lic-1"].facts["exchanges"] == 6
    stranger = next(d for d in decide(default, facts, NOW).decisions if d.subject.id == "c5")
    assert not [name for name in ("h0", "h1", "org-h", "Example Labs", "MSA") if name in stranger.customer_text]


def test_without_a_registry_a_claim_is_neither_believed_nor_held_against(default: Policy, tmp_path: Path) -> None:
    facts = read_run(write_run(tmp_path / "run", account_file=FILE))
    place = facts.subjects["account"].places
    value = facts.subjects["account"].value
    assert value("account", "licensed", place["h0"]) is None
    assert value("account", "licence_outsider", place["h0"]) is None
    assert value("account", "licensed", place["c1"]) is False
    assert not rules_of(default, facts, "licence")


def test_where_the_log_has_no_licences_at_all_nobody_is_known_to_have_none(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", missing=("licence_id",))
    unknown, known = read_run(run), read_run(run, registry(tmp_path))
    assert unknown.subjects["campaign"].value("campaign", "licensed_share", 0) is None
    assert known.subjects["campaign"].value("campaign", "licensed_share", 0) == 0.0


def test_the_registry_knows_holders_whose_log_names_no_licence(tmp_path: Path) -> None:
    facts = measured(tmp_path, LICENCE, {})
    assert facts.covered == set(HOLDERS)
    assert not facts.covered & set(CLEAR)


def test_a_licensed_majority_is_no_adversary_and_a_licensed_member_is_left_out(default: Policy, tmp_path: Path) -> None:
    text = LICENCE.replace("organisations: [org-h]", "accounts: [{}]")
    text = "\n".join(line for line in text.splitlines() if "exchanges" not in line) + "\n"
    few = measured(tmp_path / "few", text.format("m0, m1"), {})
    (one,) = [d for d in decide(default, few, NOW).decisions if d.subject.kind == "campaign"]
    assert one.proposed == "act"
    assert not {"m0", "m1"} & set(one.accounts)
    many = measured(tmp_path / "many", text.format("m0, m1, m2, m3, m4"), {})
    (one,) = [d for d in decide(default, many, NOW).decisions if d.subject.kind == "campaign"]
    assert (one.verdict, one.proposed) == ("review", None)
    everyone = measured(tmp_path / "all", text.format(", ".join(f"m{i}" for i in range(8))), {})
    assert not [d for d in decide(default, everyone, NOW).decisions if d.subject.kind == "campaign"]
