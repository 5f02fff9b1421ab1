"""The shell of every page: asks nothing of any network, escapes what it prints, says so where a value is missing."""

from __future__ import annotations

import re

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from stillwatch.drawing import make_environment

PAGE = """{% extends "drawing/page.html.j2" %}
{% from "drawing/parts.html.j2" import figures, wordmark %}
{% block title %}{{ said }}{% endblock %}
{% block body %}{{ wordmark("a page") }}{{ figures([("accounts", 3 | count)]) }}<p>{{ said }}</p>{% endblock %}"""


def page(said: object, **more: str) -> str:
    return make_environment("stillwatch.lab.page", **more).from_string(PAGE).render(said=said)  # type: ignore[arg-type]


def test_a_page_needs_nothing_but_itself() -> None:
    html = page("hello")
    assert "default-src 'none'" in html
    assert not re.search(r"<(script|link|img|iframe)|url\(|@import|https?:", html.replace('a[href^="https"]', ""))
    assert html.count("<style>") == html.count("</style>") == 1
    assert "--hue-8" in html
    assert ".waterfall" in html
    assert "<dd>3</dd>" in html


def test_hostile_text_stays_text_and_hides_nothing() -> None:
    html = page("</title><script>alert(1)</script>\u202egnp.exe\x1b[31m {{ 7*7 }}")
    assert "<script" not in html
    assert "\u202e" not in html
    assert "[U+202E]gnp.exe[U+001B][31m {{ 7*7 }}" in html
    assert "<p><b>ours</b></p>" in page(Markup("<b>ours</b>"))


def test_a_missing_value_is_said_and_a_misspelt_name_is_an_error() -> None:
    assert "<p>not in this log</p>" in page(None)
    assert "<p>–</p>" in page(None, missing="–")
    with pytest.raises(UndefinedError):
        make_environment("stillwatch.lab.page").from_string("{{ saidd }}").render(said=1)
