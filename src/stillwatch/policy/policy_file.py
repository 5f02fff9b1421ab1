"""Reads a policy file. Whatever is wrong with it is said with file, line, value and what to write instead.

One function a part of the file. To add a key, take it in its function and describe it in the reference page.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from stillwatch.core import UnreadableInput, said_by
from stillwatch.core.small_files import read_small
from stillwatch.decisions import ACTIONS, Action, Inference
from stillwatch.policy.expressions import TRUTHS, WrongExpression, compile_expression
from stillwatch.policy.facts import FACTS, GROUPS, Fact
from stillwatch.policy.located_yaml import Located, did_you_mean, read_located
from stillwatch.policy.rules import CONDITIONS, FELT, Condition, Example, Ladder, Policy, Rule, Verdict, Wording
from stillwatch.tables import VERDICTS

__all__ = ["DEFAULT_POLICY", "PLACEHOLDER", "parse_policy", "read_policy"]

DEFAULT_POLICY = Path(str(files("stillwatch.policy") / "default.yaml"))
"""The policy that comes with Stillwatch."""

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

_DEFAULT_DAYS = {"clear": 30, "watch": 30, "review": 30, "act": 90}
_RULE_KEYS = (
    "id", "about", "rationale", "legal_basis", "when", "unless", "verdict", "action", "meanwhile", "without",
    "infers", "evidence", "customer", "examples",
)  # fmt: skip
_REQUIRED = ("id", "about", "rationale", "legal_basis", "when", "verdict", "infers", "evidence", "customer", "examples")


def read_policy(path: Path) -> Policy:
    """A policy, checked whole.

    Raises:
        UnreadableInput: the file cannot be read.
        BadPolicy: something in it is wrong.
    """
    try:
        content = read_small(path)
        text = content.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"the policy cannot be read: {said_by(error)}", where=str(path)) from error
    return parse_policy(text, path)


def parse_policy(text: str, path: Path) -> Policy:
    """A policy from its text, checked whole.

    Args:
        text: YAML.
        path: what the policy and errors call it.

    Raises:
        BadPolicy: something in it is wrong.
    """
    root = read_located(path, text)
    parts = root.mapping(("policy", "version", "letter", "ladder", "rules"), required=("policy", "version", "letter"))
    ladder = _ladder(parts.get("ladder"))
    rules: list[Rule] = []
    for item in parts["rules"].items("the rule") if "rules" in parts else ():
        rule = _rule(item, ladder)
        if any(rule.id == other.id for other in rules):
            raise item.wrong(f"two rules have the id {rule.id!r}", "give one of them another")
        rules.append(rule)
    if not rules:
        raise root.wrong("the policy has no rules", "add rules: with one rule at least")
    return Policy(
        name=parts["policy"].text(),
        version=parts["version"].plain(),
        file=str(path),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        ladder=ladder,
        wording=_wording(parts["letter"]),
        rules=tuple(rules),
    )


def _wording(at: Located) -> Wording:
    parts = at.mapping(("sender", "appeal"), required=("sender", "appeal"))
    return Wording(parts["sender"].text(), parts["appeal"].text())


def _ladder(at: Located | None) -> Ladder:
    keys = ("act", "felt_from", "actions", "expires_days", "appeal_suspends", "protection_days")
    parts = at.mapping(keys) if at else {}
    act = parts["act"].mapping(("q_value", "families", "approval")) if "act" in parts else {}
    felt_from = cast(Verdict, parts["felt_from"].text(VERDICTS) if "felt_from" in parts else "act")
    given = parts["actions"].mapping(VERDICTS) if "actions" in parts else {}
    days = parts["expires_days"].mapping(VERDICTS) if "expires_days" in parts else {}
    return Ladder(
        q_value=_waivable(act.get("q_value"), 0.01, 0.0, 1.0),
        families=cast("int | None", _waivable(act.get("families"), 2, 1, 6, whole=True)),
        approval=act["approval"].text(("required", "waived")) == "required" if "approval" in act else True,
        felt_from=felt_from,
        actions={name: _actions(value, name, felt_from) for name, value in given.items()},
        days={
            name: int(days[name].number(1, 3650, whole=True)) if name in days else _DEFAULT_DAYS[name]
            for name in VERDICTS
        },
        appeal_suspends=parts["appeal_suspends"].truth() if "appeal_suspends" in parts else True,
        protection_days=int(parts["protection_days"].number(0, 3650, whole=True)) if "protection_days" in parts else 90,
    )


def _waivable(at: Located | None, default: float, least: float, most: float, *, whole: bool = False) -> float | None:
    if at is None:
        return default
    return None if at.value() == "waived" else at.number(least, most, whole=whole)


def _actions(at: Located, verdict: str, felt_from: str) -> tuple[Action, ...]:
    made = tuple(_action(item) for item in at.items())
    for item, action in zip(at.items(), made, strict=True):
        if action.kind in FELT and VERDICTS.index(verdict) < VERDICTS.index(felt_from):
            raise item.wrong(
                f"{action.kind} at the verdict {verdict} would touch a customer below {felt_from}",
                "use observe or tag, or write felt_from: under ladder: if that is what you want",
            )
    return made


def _action(at: Located) -> Action:
    value = at.value()
    if isinstance(value, str):
        kind, parameters = value, {}
    else:
        ((kind, inner),) = list(at.mapping(ACTIONS).items())[:1] or [("", at)]
        parameters = {name: part.value() for name, part in inner.mapping().items()}
    if kind not in ACTIONS:
        raise at.wrong(f"there is no action {kind!r}", did_you_mean(kind, ACTIONS))
    if kind == "verify" and not re.match("https?://[^/ ]", str(parameters.get("url", ""))):
        raise at.wrong(
            "verify needs the URL of a page where a customer can show who they are",
            "write verify: {url: https://...}; without one, refused customers have nowhere to go",
        )
    try:
        return Action(kind, parameters)
    except ValueError as error:
        takes = ", ".join(ACTIONS[kind]) or "nothing"
        raise at.wrong(str(error), f"{kind} takes {takes}; see `stillwatch docs policy-file`") from error


def _rule(at: Located, ladder: Ladder) -> Rule:
    parts = at.mapping(_RULE_KEYS, required=_REQUIRED)
    rule_id = parts["id"].text()
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", rule_id):
        raise parts["id"].wrong(f"the id {rule_id!r} is not made of small letters, digits and hyphens")
    about = parts["about"].text(GROUPS)
    verdict = cast(Verdict, parts["verdict"].text(VERDICTS))
    waits = "watch" if verdict == "watch" else "review"
    when = tuple(_group(item, about) for item in parts["when"].items("the clause"))
    if not when:
        raise parts["when"].wrong("a rule with no clauses would hold for everyone", "add a clause")
    return Rule(
        id=rule_id,
        about=about,
        rationale=parts["rationale"].text(),
        legal_basis=parts["legal_basis"].text(),
        when=when,
        unless=_exceptions(parts.get("unless"), about),
        verdict=verdict,
        actions=_actions(parts["action"], verdict, ladder.felt_from)
        if "action" in parts
        else ladder.actions.get(verdict, (Action("observe"),)),
        meanwhile=_actions(parts["meanwhile"], waits, ladder.felt_from)
        if "meanwhile" in parts
        else ladder.actions.get("review", (Action("observe"),)),
        without=_without(parts.get("without")),
        infers=_inference(parts["infers"]),
        evidence=_template(parts["evidence"], about),
        customer=_template(parts["customer"], about, to_customer=True),
        examples=tuple(_example(item, about) for item in parts["examples"].items("the example")),
        line=at.line,
    )


def _inference(at: Located) -> Inference:
    parts = at.mapping(("statement", "confidence"), required=("statement", "confidence"))
    return Inference(parts["statement"].text(), parts["confidence"].text(("low", "moderate", "high")))


def _without(at: Located | None) -> tuple[str, ...]:
    return tuple(item.text(CONDITIONS) for item in at.items()) if at else ()


def _group(at: Located, about: str) -> tuple[Condition, ...]:
    parts = at.mapping()
    if "any" in parts:
        at.mapping(("any",))
        made = tuple(_condition(item, about) for item in parts["any"].items("the clause"))
        if not made:
            raise parts["any"].wrong("no alternative is given", "add a clause")
        return made
    return (_condition(at, about),)


def _exceptions(at: Located | None, about: str) -> tuple[Condition, ...]:
    return tuple(_condition(item, about) for item in at.items("the clause")) if at else ()


def _condition(at: Located, about: str) -> Condition:
    parts = at.mapping(("says", "that"), required=("says", "that"))
    source = parts["that"].text()
    try:
        return Condition(parts["says"].text(), compile_expression(source, about), parts["that"].line)
    except WrongExpression as error:
        raise parts["that"].wrong(f"{source!r}: {error}", error.hint) from error


def _template(at: Located, about: str, *, to_customer: bool = False) -> str:
    """A text whose placeholders name facts in the rule's scope."""
    text = at.text()
    for name in PLACEHOLDER.findall(text):
        group, _, field = name.partition(".")
        fact = FACTS.get(group, {}).get(field) if group in GROUPS[about] else None
        if fact is None:
            names = [f"{g}.{f}" for g in GROUPS[about] for f in FACTS[g]]
            raise at.wrong(f"{{{name}}} is no fact that a rule about {about} sees", did_you_mean(name, names))
        if to_customer and not fact.tellable:
            raise at.wrong(
                f"{{{name}}} must not be told to a customer",
                "it could name another, or show where a line lies; leave it out",
            )
    return text


def _example(at: Located, about: str) -> Example:
    parts = at.mapping(("name", "facts", "gives"), required=("name", "facts", "gives"))
    facts = {
        group: {field: _fact(value, group, field) for field, value in inner.mapping(FACTS[group]).items()}
        for group, inner in parts["facts"].mapping(GROUPS[about]).items()
    }
    gives = parts["gives"].value()
    # YAML reads true and false as truth values, and unknown as a text.
    gives = str(gives).lower() if isinstance(gives, bool) else gives
    if gives not in TRUTHS:
        raise parts["gives"].wrong(f"gives is {gives!r}", "write true, false or unknown")
    return Example(parts["name"].text(), facts, gives, at.line)


_KINDS: Mapping[str, tuple[Any, str]] = {
    "count": (int, "a whole number"),
    "number": (float, "a number"),
    "share": (float, "a number"),
    "p": (float, "a number"),
    "yes": (bool, "true or false"),
    "text": (str, "a text"),
    "texts": (list, "a list of texts"),
}


def _fact(at: Located, group: str, field: str) -> Any:
    fact: Fact = FACTS[group][field]
    kind, words = _KINDS[fact.kind]
    value = at.value()
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind or (kind is list and not all(isinstance(one, str) for one in value)):
        raise at.wrong(
            f"{group}.{field} is {value!r}, and must be {words}",
            "YAML writes a small number as 1.0e-8" if kind is float else None,
        )
    for one in value if kind is list else [value]:
        if fact.among and one not in fact.among:
            raise at.wrong(f"{group}.{field} is {one!r}, which it never holds", did_you_mean(str(one), fact.among))
    return value
