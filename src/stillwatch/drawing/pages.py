"""Pages that need nothing but themselves: one Jinja environment, one shell, one style sheet.

A page's template begins with ``{% extends "drawing/page.html.j2" %}`` and fills its blocks
``title``, ``styles`` and ``body``; ``drawing/parts.html.j2`` has small pieces to import. The shell
forbids scripts and every request by a content security policy. ``static/base.css`` holds colours
and type as CSS variables, light and dark, and ``static/charts.css`` what charts are drawn with. To
add a page, make an environment over its package's ``templates/``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import BytecodeCache, ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from stillwatch.drawing import wording
from stillwatch.drawing.account_graph import draw_account_graph, draw_account_graph_key
from stillwatch.drawing.curves import draw_curves
from stillwatch.drawing.share_bar import draw_share_bar
from stillwatch.drawing.strips import draw_strip
from stillwatch.drawing.timeline import draw_timeline
from stillwatch.drawing.waterfall import draw_waterfall

__all__ = ["make_environment"]

_HOME = "stillwatch.drawing"
_CHARTS: Mapping[str, Callable[..., Markup]] = {
    function.__name__: function
    for function in (
        draw_account_graph,
        draw_account_graph_key,
        draw_curves,
        draw_share_bar,
        draw_strip,
        draw_timeline,
        draw_waterfall,
    )
}

_OF_EVERY_DICT = frozenset(dir(dict))
_ATLAS = re.compile(r"AML\.(TA?)\d{4}(\.\d{3})?")


def make_environment(
    package: str,
    *,
    filters: Mapping[str, Callable[..., Any]] | None = None,
    names: Mapping[str, Any] | None = None,
    missing: str = wording.NOT_IN_LOG,
) -> Environment:
    """An environment over the package's ``templates/`` that escapes everything it prints.

    Charts are there as functions, the filters of ``wording``, ``atlas_url`` and ``coded`` as filters.

    Args:
        package: whose folder ``templates`` is read, such as ``stillwatch.lab.page``.
        filters: the page's own.
        names: what all its templates, macros among them, may use.
        missing: what is printed for None.
    """

    def print_safely(value: Any) -> Any:
        """Every printed value passes here: none prints as None, and no text hides characters."""
        if value is None:
            return missing
        return wording.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    own, *shared = (
        PackageLoader(place, folder)
        for place, folder in ((package, "templates"), (_HOME, "templates"), (_HOME, "static"))
    )
    environment = _Environment(
        loader=ChoiceLoader([own, PrefixLoader({"drawing": ChoiceLoader(shared)})]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=print_safely,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_compiled(package, missing),
        auto_reload=False,  # templates are part of the package
    )
    environment.filters |= {**wording.FILTERS, "atlas_url": _atlas_url, "coded": _coded, **(filters or {})}
    environment.globals |= {**_CHARTS, **(names or {})}
    return environment


class _Environment(Environment):
    """Jinja's, but that a row's column is not asked for as an attribute first: a page of rows takes half as long."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What ``obj.attribute`` is in a template."""
        if type(obj) is dict and attribute in obj and attribute not in _OF_EVERY_DICT:
            return obj[attribute]
        return super().getattr(obj, attribute)


class _Compiled(BytecodeCache):
    """What templates were compiled to, kept while the process runs."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


@functools.cache
def _compiled(package: str, missing: str) -> _Compiled:
    """One for each package and text: constants of a template are printed when it is compiled."""
    return _Compiled()


def _coded(text: str) -> Markup:
    """A sentence in which what stands between grave accents is code.

    >>> _coded("No column `a<b`, and a lone ` too.")
    Markup('No column <code>a&lt;b</code>, and a lone ` too.')
    """
    *pairs, last = re.split(r"`([^`\n]+)`", wording.visible(text))
    said = [Markup("{}<code>{}</code>").format(*pair) for pair in zip(pairs[::2], pairs[1::2], strict=True)]
    return Markup("").join([*said, last])


def _atlas_url(identifier: str | None) -> str | None:
    """The page of a MITRE ATLAS tactic or technique; None for any other identifier."""
    found = _ATLAS.fullmatch(identifier or "")
    if found is None:
        return None
    return f"https://atlas.mitre.org/{'tactics' if found.group(1) == 'TA' else 'techniques'}/{identifier}"
