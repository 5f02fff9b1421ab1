"""CEL expressions with three values: true, false, and unknown where a fact is missing.

An expression is checked when its policy is read: every fact must exist and stand in the scope of the rule, every
function must be one of CEL's, and the result must be true or false on values of the facts' types. Whatever would
let a missing fact speak (``has``, ``null``, optional values, a whole group) is refused, so that more unknowns
can make an answer unknown and never turn it round.

Values combine as in Kleene's strong logic: ``FALSE < UNKNOWN < TRUE``, and is the least, or the greatest.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cel

from stillwatch.policy.facts import FACTS, GROUPS, PROBES, Fact
from stillwatch.policy.located_yaml import did_you_mean

__all__ = ["FALSE", "TRUE", "TRUTHS", "UNKNOWN", "Expression", "WrongExpression", "compile_expression"]

FALSE, UNKNOWN, TRUE = 0, 1, 2
TRUTHS = ("false", "unknown", "true")
"""Names of the three values, by value."""

_TOKEN = re.compile(
    r"""(?P<text>[rb]{0,2}(?:\"\"\".*?\"\"\"|'''.*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))
      | (?P<number>(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)u?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<sign>&&|\|\||[<>=!]=|.)""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = frozenset({"true", "false", "in"})
_MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})
_FUNCTIONS = frozenset(
    {
        "size",
        "contains",
        "startsWith",
        "endsWith",
        "matches",
        "int",
        "uint",
        "double",
        "string",
        "timestamp",
        "duration",
    }
)
_MISSING = (
    "a missing fact makes a clause unknown by itself; no expression may ask whether one is missing, "
    "or an unknown could accuse"
)
_MOST_PROBES = 64
_LONGEST = 50_000
"""Characters of an expression; CEL's own faults have no place beyond 65,535."""
_LONGEST_WITH_MACRO = 1_000


class WrongExpression(ValueError):
    """An expression cannot be used; ``hint`` says what to write instead."""

    def __init__(self, problem: str, hint: str | None = None) -> None:
        super().__init__(problem)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression.

    Attributes:
        source: as written.
        facts: the facts it names, as (group, field), sorted.
        program: compiled.
    """

    source: str
    facts: tuple[tuple[str, str], ...]
    program: Any

    def evaluate(self, values: Sequence[Any]) -> int:
        """FALSE, UNKNOWN or TRUE.

        Args:
            values: one a fact, in the order of ``facts``; None where it is missing.
        """
        context: dict[str, dict[str, Any]] = {group: {} for group, _ in self.facts}
        for (group, field), value in zip(self.facts, values, strict=True):
            if value is not None:
                context[group][field] = value
        try:
            return TRUE if self.program.execute(context) is True else FALSE
        except (KeyError, ArithmeticError, ValueError, TypeError, RuntimeError):
            # KeyError is a missing fact; the rest is arithmetic with no result. Neither says anything of anyone.
            return UNKNOWN


def compile_expression(source: str, about: str) -> Expression:
    """Check and compile an expression.

    Args:
        source: CEL.
        about: the kind of subject that its rule is about.

    Raises:
        WrongExpression: it is no CEL, names what is not there, or does not say true or false.
    """
    if len(source) > _LONGEST:
        raise WrongExpression(f"is longer than {_LONGEST:,} characters", "cut it into several clauses")
    tokens = list(_tokens(source))
    _refuse_absence(source, tokens)
    _refuse_many_rounds(source, tokens)
    facts = tuple(sorted(set(_facts(tokens, about))))
    try:
        program = cel.compile(source)
    except ValueError as error:
        raise WrongExpression(f"is no CEL: {_first_fault(str(error))}") from error
    for name in program.functions():
        if re.match(r"[A-Za-z]", name) and name not in _FUNCTIONS:
            raise WrongExpression(f"there is no function {name!r}", did_you_mean(name, _FUNCTIONS))
    _refuse_odd_literals(tokens)
    if not facts:
        raise WrongExpression("names no fact, so it says the same of everyone", "compare a fact with something")
    made = Expression(source, facts, program)
    _probe(made)
    return made


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(source):
        if not match.group().isspace():
            yield match.lastgroup or "", match.group()


def _refuse_absence(source: str, tokens: Sequence[tuple[str, str]]) -> None:
    values = [value for _, value in tokens]
    for kind, value in tokens:
        if kind == "name" and value in ("has", "null", "optional", "dyn", "type", "orValue", "or"):
            raise WrongExpression(f"{value!r} has no place in a clause", _MISSING)
    for first, second in itertools.pairwise(values):
        if first in (".", "[") and second == "?":
            raise WrongExpression("optional values have no place in a clause", _MISSING)


def _refuse_many_rounds(source: str, tokens: Sequence[tuple[str, str]]) -> None:
    """Macros go through lists: one within another takes the product of their lengths, one behind another can double
    what it is given, and a line of either would take years, in which nobody else is served."""
    macros = [first for (_, first), (_, sign) in itertools.pairwise(tokens) if first in _MACROS and sign == "("]
    if len(macros) > 1:
        raise WrongExpression(
            f"goes through lists {len(macros)} times ({', '.join(macros[:3])})",
            "once in a clause: write further clauses under all: or any:, or ask with `in`",
        )
    if macros and len(source) > _LONGEST_WITH_MACRO:
        raise WrongExpression(
            f"goes through a list and is longer than {_LONGEST_WITH_MACRO:,} characters", "cut it into several clauses"
        )


def _facts(tokens: Sequence[tuple[str, str]], about: str) -> Iterator[tuple[str, str]]:
    """The facts that are named, each held to the catalogue."""
    groups = GROUPS[about]
    bound = {
        tokens[i + 2][1]
        for i in range(len(tokens) - 2)
        if tokens[i][1] in _MACROS and tokens[i + 1][1] == "(" and tokens[i + 2][0] == "name"
    }
    bound -= set(FACTS)
    values = [value for _, value in tokens] + [""] * 4
    for i, (kind, value) in enumerate(tokens):
        if kind != "name" or value in _WORDS or (i and values[i - 1] == ".") or values[i + 1] == "(" or value in bound:
            continue
        if value not in FACTS:
            raise WrongExpression(f"there are no facts called {value!r}", did_you_mean(value, groups))
        if value not in groups:
            raise WrongExpression(
                f"a rule about {_a(about)} sees nothing of {_a(value)}", f"it sees {', '.join(groups)}"
            )
        if values[i + 1] != "." or tokens[i + 2][0] != "name":
            raise WrongExpression(f"{value!r} is a group of facts", f"name one: {value}.{next(iter(FACTS[value]))}")
        field = values[i + 2]
        if field not in FACTS[value]:
            raise WrongExpression(f"{value} has no fact {field!r}", did_you_mean(field, FACTS[value]))
        if values[i + 3] == "." and values[i + 5] != "(":
            raise WrongExpression(f"{value}.{field} holds nothing called {values[i + 4]!r}", "it is a plain value")
        yield value, field


def _refuse_odd_literals(tokens: Sequence[tuple[str, str]]) -> None:
    """A fact compared with a text it can never hold: CEL calls that false, and a person a slip of the pen."""
    for i in range(len(tokens) - 4):
        (group, dot, field, sign, literal) = (value for _, value in tokens[i : i + 5])
        fact = FACTS.get(group, {}).get(field) if dot == "." else None
        if fact is not None and sign in ("==", "!=") and tokens[i + 4][0] in ("text", "number"):
            _fits(f"{group}.{field}", fact, tokens[i + 4][0], literal)
        (literal, sign, group, dot, field) = (value for _, value in tokens[i : i + 5])
        fact = FACTS.get(group, {}).get(field) if dot == "." else None
        if fact is not None and sign == "in" and tokens[i][0] in ("text", "number"):
            _fits(f"{group}.{field}", fact, tokens[i][0], literal)


def _fits(name: str, fact: Fact, kind: str, literal: str) -> None:
    if (kind == "text") != (fact.kind in ("text", "texts")):
        raise WrongExpression(f"compares {name} with {literal}", f"{name} is a {fact.kind}")
    if fact.among and literal.strip("\"'") not in fact.among:
        raise WrongExpression(
            f"compares {name} with {literal}, which it never holds", did_you_mean(literal.strip("\"'"), fact.among)
        )


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _probe(expression: Expression) -> None:
    """Try the expression on values of the right types."""
    kinds = [PROBES[FACTS[group][field].kind] for group, field in expression.facts]
    for values in itertools.islice(itertools.product(*kinds), _MOST_PROBES):
        context: dict[str, dict[str, Any]] = {}
        for (group, field), value in zip(expression.facts, values, strict=True):
            context.setdefault(group, {})[field] = value
        try:
            result = expression.program.execute(context)
        except ArithmeticError:
            continue
        except Exception as error:
            types = ", ".join(f"{g}.{f} is a {FACTS[g][f].kind}" for g, f in expression.facts)
            raise WrongExpression(
                f"cannot be worked out: {str(error).splitlines()[0].split(' CEL does not')[0]}",
                f"CEL mixes no types: {types}; counts are whole (7), other numbers are not (7.0)",
            ) from error
        if not isinstance(result, bool):
            raise WrongExpression(f"gives {result!r}", "a clause says true or false: compare with something")


def _first_fault(message: str) -> str:
    found = re.search(r"ERROR: <input>:\d+:(\d+): (?:Syntax error: )?([^\n]+)", message)
    if not found:
        return message.splitlines()[0]
    return f"at character {found[1]}, {found[2].split(' expecting ')[0]}"
