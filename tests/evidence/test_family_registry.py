"""Families are found by their files and by entry points, through one door that refuses a bad declaration."""

import importlib
import pkgutil
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from stillwatch.core import BadSetting
from stillwatch.core.terms import CONTENT, COORDINATION, FAMILIES
from stillwatch.evidence import Family, all_families, families, registry
from stillwatch.evidence.registry import ENTRY_POINTS, RESERVED, load
from stillwatch.profiles.account import FACTS
from stillwatch.tables import LINKS

GOOD = """
from stillwatch.evidence import Count, Example, Family, Value

class Found(Family):
    name = "found"
    sees = "what is found"
    side = "context"
    reads = ("pathway",)
    blind_spot = "Everything else."
    examples = (Example("nothing", {}, seen=False),)

    def test(self, log, members, null, *, least=5):
        return ()

FAMILY = Found()
"""


def test_the_terms_say_which_side_each_family_is_on() -> None:
    sides = {name: family.side for name, family in all_families().items()}
    assert tuple(sides) == FAMILIES
    assert [name for name in FAMILIES if sides[name] == "content"] == [*CONTENT]
    assert [name for name in FAMILIES if sides[name] == "coordination"] == [*COORDINATION]


@pytest.fixture
def declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function from a module's text to the entry point that names its ``FAMILY``."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made: list[str] = []

    def entry(text: str) -> EntryPoint:
        made.append(f"declared_{tmp_path.name.strip('-')}_{len(made)}".replace("-", "_"))
        (tmp_path / f"{made[-1]}.py").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        return EntryPoint(f"entry{len(made)}", f"{made[-1]}:FAMILY", ENTRY_POINTS)

    yield entry
    all_families.cache_clear()


def test_every_file_of_the_folder_is_a_family() -> None:
    files = {module.name for module in pkgutil.iter_modules(families.__path__)}
    assert files == set(FAMILIES) <= set(all_families())
    assert list(all_families())[: len(FAMILIES)] == list(FAMILIES)
    for name, family in all_families().items():
        assert family.name == name


def test_a_good_declaration_is_loaded(declared: Any) -> None:
    assert load(declared(GOOD)).name == "found"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("FAMILY = Found()", "FAMILY = Found"), "not an instance of Family"),
        (("FAMILY = Found()", ""), "cannot be loaded"),
        (("FAMILY = Found()", "raise RuntimeError('no licence')"), "cannot be loaded: no licence"),
        (("import Count", "import Nothing"), "cannot be loaded"),
        (("class Found", "clas Found"), "cannot be loaded"),
        (("    def test(", "    def other("), "cannot be loaded"),
        (('    sees = "what is found"\n', ""), "does not declare its sees"),
        (('"what is found"', '""'), "does not declare its sees"),
        (("examples = (Example", "examples = () and (Example"), "does not declare its examples"),
        (('    blind_spot = "Everything else."\n    examples', "    other"), "blind_spot and examples"),
        (('"found"\n', '"Found"\n'), "'Found' is no lower-case name"),
        (('"found"\n', '"two words"\n'), "'two words' is no lower-case name"),
        (('"found"\n', '"match_weight"\n'), "'match_weight' is a column"),
        (('"context"', '"both"'), "side 'both' is none of content, coordination, context"),
        (('("pathway",)', '("pathwey",)'), "reads pathwey"),
        (('("pathway",)', '("pathway",)\n    needs = ("prompts",)'), "reads prompts"),
        (('("pathway",)', '()\n    values = {"exchanges": Value("1", "sum")}'), "'exchanges' is a column"),
        (('("pathway",)', '()\n    values = {"X": Value("1", "sum")}'), "'X' is no lower-case name"),
        (('("pathway",)', '()\n    counts = {"plan": Count("plan")}'), "'plan' is a column"),
        (
            ('("pathway",)', '()\n    counts = {"x": Count("plan")}\n    values = {"x": Value("1", "sum")}'),
            "two things 'x'",
        ),
    ],
)
def test_a_bad_declaration_says_what_is_wrong_and_whose_it_is(
    declared: Any, change: tuple[str, str], says: str
) -> None:
    assert change[0] in GOOD
    entry = declared(GOOD.replace(*change))
    with pytest.raises(BadSetting) as refused:
        load(entry)
    assert says in str(refused.value)
    assert f"entry {entry.name!r}" in str(refused.value)
    assert "uninstall" in str(refused.value)


def together(monkeypatch: pytest.MonkeyPatch, *entries: EntryPoint) -> dict[str, Family]:
    monkeypatch.setattr(registry, "entry_points", lambda group: entries if group == ENTRY_POINTS else ())
    all_families.cache_clear()
    return dict(all_families())


def test_other_packages_families_come_last(declared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(together(monkeypatch, declared(GOOD))) == [*FAMILIES, "found"]


@pytest.mark.parametrize(
    "change",
    [
        ('"found"\n', '"timing"\n'),
        ('"found"\n', '"sign_up"\n'),
        ('"found"\n', '"address"\n'),
        ('("pathway",)', '()\n    values = {"sign_up": Value("1", "sum")}'),
        ('("pathway",)', '()\n    counts = {"hour": Count("pathway")}'),
        ('("pathway",)', '()\n    counts = {"shape": Count("pathway")}'),
    ],
)
def test_no_name_can_be_taken_twice(declared: Any, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str]) -> None:
    with pytest.raises(BadSetting, match="two families of evidence call something"):
        together(monkeypatch, declared(GOOD.replace(*change)))


def test_two_packages_cannot_bring_one_family(declared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSetting, match="call something 'found'"):
        together(monkeypatch, declared(GOOD), declared(GOOD))


def test_whatever_a_profile_calls_its_own_is_reserved() -> None:
    assert set(FACTS) <= RESERVED
    assert {name for name in LINKS.names if name not in FAMILIES} <= RESERVED
