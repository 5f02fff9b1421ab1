"""The documents hold: links resolve, commands, settings, formats and columns are all described."""

import re
from pathlib import Path

import pytest

from stillwatch.cli import app
from stillwatch.core import tables
from stillwatch.ingest import all_formats
from stillwatch.settings import ScanSettings

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
COMMANDS = [name for name in app if not name.startswith("-")]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_resolve(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_python_in_the_pages_compiles(path: Path) -> None:
    for block in re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        compile(block, str(path), "exec")


def test_every_command_and_its_arguments_are_documented() -> None:
    text = page("reference/cli.md")
    assert {"scan", "simulate", "score", "demo", "formats"} <= set(COMMANDS)
    for command in COMMANDS:
        assert f"stillwatch {command}" in text
        for argument in app[command].assemble_argument_collection():
            if argument.name.startswith("--"):
                assert argument.name in text, f"{command} {argument.name}"


def test_every_setting_is_documented_with_its_default() -> None:
    text = page("reference/cli.md")
    for name, field in ScanSettings.model_fields.items():
        row = re.search(rf"^\| `{name}` \| ([^|]+) \|", text, re.MULTILINE)
        assert row, name
        if field.default_factory is None:
            assert float(row[1]) == field.default, name


def test_every_format_is_documented() -> None:
    text = page("reference/formats.md")
    for name in all_formats():
        assert f"\n## {name}\n" in text


def test_every_make_command_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z][a-z-]+)\b", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"demo", "test"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("name", ["ACCOUNTS", "CAMPAIGNS", "DEAD_LETTERS", "EXCHANGES", "LINKS", "TEMPLATES"])
def test_every_column_of_a_run_is_documented_in_order(name: str) -> None:
    section = re.split(r"^## ", page("reference/run-files.md"), flags=re.MULTILINE)
    (body,) = [part for part in section if part.startswith(f"{name.lower()}.parquet")]
    assert re.findall(r"^\| `([a-z_]+)` \|", body, re.MULTILINE) == getattr(tables, name).names
