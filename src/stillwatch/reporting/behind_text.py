"""What stands behind an id, as text for a terminal; texts of the log are made visible, never markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from stillwatch.core.printed import one_line
from stillwatch.drawing import wording

__all__ = ["account_text", "campaign_text", "exchange_text", "history_lines"]

Found = dict[str, Any]

_LONGEST = 400
_MOST_ACCOUNTS = 40
_STATES = {
    "known": "found again",
    "returned": "back",
    "split": "new",
    "merged": "part of another",
    "gone": "not found any more",
}
_HOLDS = {True: "holds", False: "does not hold", None: "could not be judged"}


def campaign_text(found: Found, run: str) -> str:
    """A campaign, the strongest reason first."""
    when = wording.day_span(found["first_seen"], found["last_seen"])
    told = [
        f"{found['campaign_id']}: {wording.plural(found['accounts'], 'account')}, "
        f"{wording.plural(found['exchanges'], 'exchange')}, {when}; "
        f"verdict {found['verdict']}, q {wording.small(found['q_value'])}",
        found["summary"] or "",
        *history_lines(found.get("history")),
        "\nReasons",
    ]
    for reason in found["reasons"]:
        told.append(f"  {reason['family']} (p {wording.small(reason['p_value'])}): {reason['statement']}")
        if reason["family"] == "structure" and found["quoted"]:
            quoted = found["quoted"]
            told.append(f"    {wording.plural(quoted['accounts'], 'account')} send: “{_short(quoted['text'])}”")
    named = list(dict.fromkeys(one for reason in found["reasons"] for one in reason["exchange_ids"] or ()))
    told += [f"  some of their exchanges: {', '.join(named[:5])}"] if named else []
    told.append("\nHonest explanations")
    told += [f"  {one['name']}: {_HOLDS[one['holds']]}. {one['statement']}" for one in found["explanations"] or ()]
    told += ["\nMembers", *_accounts(found["members"])]
    if found["bystanders"]:
        told += ["\nBystanders: looked at, judged not members", *_accounts(found["bystanders"])]
    told.append(f"\nmore: stillwatch show {run} --account ID, stillwatch show {run} --exchange ID")
    return _lines(told)


def history_lines(life: Found | None) -> Iterable[str]:
    """When a campaign was first reported, and what changed with the run's last step."""
    if life is None or life["step"] < 2:
        return
    parted = f", parted from {life['split_from']}" if life["split_from"] else ""
    came, went = life["new_account_ids"] or (), life["lost_account_ids"] or ()
    state = _STATES.get(life["state"], life["state"])
    yield f"First reported {wording.moment(life['first_reported'])}; in step {life['step']} {state}{parted}."
    if came and life["state"] not in ("new", "split"):
        yield f"New members: {_named(came)}"
    if went:
        yield f"No longer members: {_named(went)}"


def _named(accounts: Sequence[str]) -> str:
    more = f" and {len(accounts) - _MOST_ACCOUNTS:,} more" if len(accounts) > _MOST_ACCOUNTS else ""
    return ", ".join(accounts[:_MOST_ACCOUNTS]) + more


def account_text(found: Found) -> str:
    """An account, its reasons, links and some of what it sent."""
    campaign = f", in {found['campaign_id']}" if found["campaign_id"] else ""
    told = [
        f"{found['account_id']}: {wording.plural(found['exchanges'], 'exchange')}, "
        f"{wording.day_span(found['first_seen'], found['last_seen'])}; verdict {found['verdict']}{campaign}; "
        f"match probability {_probability(found)}",
        *(f"  {reason}" for reason in found["reasons"] or ("No reason: nothing was found about it.",)),
        "\nStrongest links" if found["links"] else "\nNo link to another account.",
    ]
    for link in found["links"]:
        most = sorted(link["families"].items(), key=lambda one: -one[1])[:3]
        by = ", ".join(f"{family} {wording.weight(weight)}" for family, weight in most)
        told.append(f"  {link['account_id']}  {wording.weight(link['match_weight'])}  ({by})")
    told += ["\nWhat it sent first", *(line for one in found["sent"] for line in _sent(one))]
    return _lines(told)


def exchange_text(rows: Sequence[Found]) -> str:
    """Each exchange of the id, field by field."""
    told: list[str] = []
    for row in rows:
        told += [
            f"{name}: {_inset(value)}"
            for name, value in row.items()
            if name not in ("templates", "shown_for") and value != []
        ]
        told += [
            f"template: {one['template_id']} ({one['kind']}) of {one['campaign_id'] or 'no campaign'}"
            for one in row["templates"]
        ]
        shown = [f"{one['campaign_id']}, {one['family']}: {one['statement']}" for one in row["shown_for"]]
        told += [one_line(f"shown for: {one}") for one in shown]
        told.append("")
    return wording.visible("\n".join(told).rstrip())


def _lines(told: Iterable[str]) -> str:
    """What is told, an item a line; an item that begins with a line's end has an empty line before it."""
    return "\n".join(one[: one.startswith("\n")] + one_line(wording.visible(one.removeprefix("\n"))) for one in told)


def _inset(value: object) -> str:
    """A value of several lines, such that none but the first stands where a line begins."""
    return str(value).replace("\n", "\n    ")


def _accounts(rows: Sequence[Found]) -> Iterable[str]:
    for row in rows[:_MOST_ACCOUNTS]:
        exchanges = wording.plural(row["exchanges"], "exchange")
        yield f"  {row['account_id']}  {exchanges}, match probability {_probability(row)}"
    if len(rows) > _MOST_ACCOUNTS:
        yield f"  and {len(rows) - _MOST_ACCOUNTS:,} more (--json lists all)"


def _probability(row: Found) -> str:
    return "not computed" if row["match_probability"] is None else wording.probability(row["match_probability"])


def _sent(row: Found) -> Iterable[str]:
    yield f"  {row['exchange_id']}  {wording.moment(row['time'])}  {row['model'] or ''}"
    yield f"    {_short(row['prompt'] or '')}"


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _LONGEST else f"{one_line[: _LONGEST - 1].rstrip()}…"
