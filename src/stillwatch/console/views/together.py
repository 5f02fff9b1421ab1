"""Many cases at once: first whom that touches and what of it this person may do, then one reason for all, and undo.

Nothing is easier here than one at a time: each case is claimed, held to what the person saw, to policy and to the
second person, and stands in the log with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.case_file import Changed, seen_mark
from stillwatch.console.deciding import ACTS, act, find_case, open_to
from stillwatch.console.views.queue import FILTERS, MOST_TOGETHER, kept_cases
from stillwatch.core import BadDecision
from stillwatch.decisions import LoggedDecision, effect_of

__all__ = ["approve_all", "assess_all", "preview", "refuse_all", "release_all", "reopen_all"]

_CHANGED = "it has changed since you looked: look again"


def preview(ask: Ask) -> Response:
    """What is chosen, claimed for this person: whom it touches, and what may be done with how many of them."""
    chosen = _chosen(ask)
    names = [one.decision.decision_id for one in chosen]
    mine = set(ask.console.claims.take_all(names, ask.person.name))
    for name in names:
        if name in mine:
            ask.note("claimed", case=name)
    held = ask.console.claims.held()
    ours = [one for one in chosen if one.decision.decision_id in mine]
    can = {one.decision.decision_id: open_to(ask.console, ask.person, one) for one in ours}
    rows = [
        {
            "one": one,
            "seen": seen_mark(one),
            "open_to": can[one.decision.decision_id],
            "run": ask.console.runs.of_hash(one.decision.run),
        }
        for one in ours
    ]
    left = [(name, held[name].name) for name in names if name not in mine and name in held]
    counted = Counter(what for open_ in can.values() for what in open_)
    return ask.show("together.html.j2", rows=rows, left=left, can=counted, **_touched(ours))


def assess_all(ask: Ask) -> Response:
    """Let them stand, or ask a second person for each."""
    return _all(ask, "assess")


def approve_all(ask: Ask) -> Response:
    """Let what they propose come into force."""
    return _all(ask, "approve")


def refuse_all(ask: Ask) -> Response:
    """End them."""
    return _all(ask, "refuse")


def reopen_all(ask: Ask) -> Response:
    """Take back what was done about them."""
    return _all(ask, "reopen")


def release_all(ask: Ask) -> Response:
    """Give them back."""
    for name, _ in _marked(ask):
        ask.console.claims.release(name, ask.person.name)
        ask.note("released", case=name)
    return ask.go("/queue")


def _chosen(ask: Ask) -> list[LoggedDecision]:
    if ask.form.get("every"):
        chosen = kept_cases(ask, {name: ask.form[name] for name in FILTERS if ask.form.get(name)})
    else:
        chosen = [find_case(ask.console, name) for name in dict.fromkeys(ask.chosen.get("case", []))]
    if not chosen:
        raise Refused(422, "No case is chosen: tick some in the queue first.")
    if len(chosen) > MOST_TOGETHER:
        raise Refused(
            422, f"{len(chosen):,} cases are more than the {MOST_TOGETHER} that one reason may cover: filter further."
        )
    return chosen


def _touched(chosen: Sequence[LoggedDecision]) -> dict[str, Any]:
    """Whom the chosen cases are about, and what the gateway would do to them."""
    times = Counter(account for one in chosen for account in one.accounts)
    effects: Counter[tuple[str, ...]] = Counter()
    for one in chosen:
        effects[tuple(effect_of(one.decision.proposed_actions or one.decision.actions).said)] += 1
    return {
        "accounts": len(times),
        "more_than_once": sum(n > 1 for n in times.values()),
        "effects": [(n, " ".join(said)) for said, n in effects.most_common()],
        "proposing": sum(one.decision.proposed is not None for one in chosen),
    }


def _marked(ask: Ask) -> list[tuple[str, str]]:
    """The cases of a form, each with the mark of what was seen of it."""
    pairs = [text.partition(" ") for text in dict.fromkeys(ask.chosen.get("case", []))]
    if not pairs:
        raise Refused(422, "No case is ticked: nothing was done.")
    if len(pairs) > MOST_TOGETHER:
        raise Refused(422, f"More than {MOST_TOGETHER} cases at once: nothing was done.")
    return [(name, seen) for name, _, seen in pairs]


def _all(ask: Ask, what: str) -> Response:
    """Do it case by case; what could not be done is said with why, and keeps nothing else from being done."""
    reason, done, left = ask.reason(), [], []
    for name, seen in _marked(ask):
        try:
            act(ask.console, ask.person, what, name, seen=seen, reason=reason)
            done.append(name)
        except Changed:
            left.append((name, _CHANGED))
        except Refused as error:
            left.append((name, error.said))
        except BadDecision as error:
            left.append((name, error.problem))
    standings = ask.console.cases.cases().standings
    ask.note(f"{ACTS[what]} together", done=len(done), left=len(left))
    return ask.show(
        "together_done.html.j2",
        what=ACTS[what],
        done=[(standings[name], seen_mark(standings[name])) for name in done],
        left=left,
        waiting=len(ask.console.cases.cases().waiting_for(ask.person)),
    )
