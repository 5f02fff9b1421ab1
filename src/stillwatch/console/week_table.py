"""When an account is active by weekday and hour, as a table of shades."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from stillwatch.drawing import wording

__all__ = ["draw_week"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHADES = 8
_HOURS = "".join(
    f'<th scope="col">{hour if hour % 6 == 0 else f"""<span class="unseen">{hour}</span>"""}</th>' for hour in range(24)
)


def draw_week(week: Sequence[Sequence[int]]) -> Markup:
    """The table.

    Args:
        week: exchanges by weekday (7, Monday first) and hour (24), UTC.

    >>> "at most 3<" in draw_week([[0, 3] + [0] * 22] + [[0] * 24] * 6)
    True
    """
    most = max(map(max, week)) or 1
    # A template takes thirty times as long for these 168 numbers.
    rows = "".join(
        f'<tr><th scope="row">{name}</th>'
        + "".join(
            f'<td class="heat-{-(-_SHADES * n // most)}" title="{n}"><span class="unseen">{n}</span></td>' for n in day
        )
        + "</tr>"
        for name, day in zip(_DAYS, week, strict=True)
    )
    caption = f"By weekday and hour (UTC), at most {wording.count(most)}"
    head = f"<caption>{caption}</caption><thead><tr><td></td>{_HOURS}</tr></thead>"
    return Markup(f'<table class="week">{head}<tbody>{rows}</tbody></table>')  # noqa: S704 - of numbers alone
