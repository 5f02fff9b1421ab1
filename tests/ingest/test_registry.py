"""A format that another package declares is loaded through the same door, or refused with what is wrong."""

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.core import BadSetting
from stillwatch.ingest import LogFormat
from stillwatch.ingest.registry import ENTRY_POINTS, all_formats, load, majority, recognises, recognising
from stillwatch.ingest.watched_record import WatchedRecord


class Whole(LogFormat):
    """Reads what no other package writes."""

    name: ClassVar[str] = "whole"
    description: ClassVar[str] = "one line"
    example: ClassVar[Mapping[str, Any]] = {"whole": 1}

    def recognises(self, record: Mapping[str, Any]) -> bool:
        return "whole" in record

    def read(self, record: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
        return [dict(record)]


class Nameless(Whole):
    """Says neither its name nor what it is."""

    name: ClassVar[str] = ""
    description: ClassVar[str] = ""


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("a_package")
    module.__dict__.update(WHOLE=Whole(), NAMELESS=Nameless(), CLASS=Whole)
    monkeypatch.setitem(sys.modules, "a_package", module)


def entry(value: str) -> EntryPoint:
    return EntryPoint("mine", value, ENTRY_POINTS)


@pytest.mark.usefixtures("declared")
def test_a_format_of_another_package_is_loaded() -> None:
    assert load(entry("a_package:WHOLE")).name == "whole"


@pytest.mark.usefixtures("declared")
@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("no_such_package:FORMAT", "the log format cannot be loaded"),
        ("a_package:ABSENT", "the log format cannot be loaded"),
        ("a_package:CLASS", "it is not an instance of LogFormat"),
        ("a_package:NAMELESS", "does not declare its name and description\n"),
    ],
)
def test_a_declaration_that_is_wrong_stops_the_start(value: str, says: str) -> None:
    with pytest.raises(BadSetting, match=says) as told:
        load(entry(value))
    assert told.value.where == f"stillwatch.formats entry 'mine' ({value})"
    assert told.value.hint == "correct the package that declares it, or uninstall it"


@pytest.mark.usefixtures("declared")
def test_another_packages_formats_come_after_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from stillwatch.ingest import registry  # noqa: PLC0415

    ours = list(all_formats())
    monkeypatch.setattr(
        registry, "entry_points", lambda group: [entry("a_package:WHOLE")] if group == ENTRY_POINTS else []
    )
    all_formats.cache_clear()
    try:
        assert list(all_formats()) == [*ours, "whole"]
        taken = EntryPoint("again", "stillwatch.ingest.formats.bedrock:FORMAT", ENTRY_POINTS)
        monkeypatch.setattr(registry, "entry_points", lambda group: [taken])
        all_formats.cache_clear()
        with pytest.raises(BadSetting, match="two log formats are called 'bedrock'"):
            all_formats()
    finally:
        all_formats.cache_clear()


def test_the_format_of_most_records_is_chosen() -> None:
    one, other = (dict(all_formats()[name].example) for name in ("bedrock", "canonical"))
    assert majority([]) is None
    assert majority([{"x": 1}]) is None
    for records, name in (([one, other], "bedrock"), ([other, one], "bedrock"), ([other, one, other], "canonical")):
        chosen = majority(records)
        assert chosen is not None
        assert chosen.name == name


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", "x", "{}", '{"messages": []}', {}, {"messages": [], "contents": []}, [], [{}], 7, True]
)
NAMES = sorted(
    {name for one in all_formats().values() for name in one.example} | {"request", "response", "body", "data"}
)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from([{}, *(dict(one.example) for one in all_formats().values())]),
    st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), VALUES, max_size=4),
    st.sets(st.sampled_from(NAMES), max_size=2),
)
def test_who_may_recognise_a_record_is_told_by_its_names(
    example: dict[str, Any], changed: dict[str, Any], without: set[str]
) -> None:
    record = {name: value for name, value in {**example, **changed}.items() if name not in without}
    in_turn = sorted(all_formats().values(), key=lambda one: one.general)
    assert recognising(record) is next((one for one in in_turn if recognises(one, record)), None)


def test_a_watched_record_notes_who_asks_for_a_value() -> None:
    def asked(how: Callable[[WatchedRecord], object]) -> bool:
        record = WatchedRecord(["a", "b"])
        how(record)
        return record.watched

    for looks in (
        lambda one: one["a"],
        lambda one: one.get("a"),
        lambda one: {**one},
        lambda one: dict(one),
        lambda one: list(one.items()),
        lambda one: list(one.values()),
        lambda one: one.copy(),
        lambda one: one == {},
    ):
        assert asked(looks)
    for looks in (lambda one: "a" in one, lambda one: one.get("c"), list, len, lambda one: {"c"}.isdisjoint(one)):
        assert not asked(looks)
