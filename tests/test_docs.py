"""The documents hold: links resolve, commands, settings, formats and columns are all described."""

import ast
import itertools
import json
import re
import sys
import tomllib
import types
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cyclopts import App

import stillwatch
from stillwatch import scan, tables
from stillwatch.cli import app
from stillwatch.decisions import ACTIONS
from stillwatch.evidence import Family, all_families
from stillwatch.evidence.registry import ENTRY_POINTS, load
from stillwatch.gateway import GatewaySettings
from stillwatch.ingest import all_formats, plan, read_slice
from stillwatch.lab import make_plan
from stillwatch.lab.plan import GridSettings
from stillwatch.lab.teachers import EndpointSettings
from stillwatch.policy import FACTS
from stillwatch.settings import ScanSettings
from stillwatch.sketching import SKETCH
from stillwatch.tables import EXCHANGES

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
        assert compile(block, str(path), "exec")


def every_command(group: App, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in group:
        if not name.startswith("-"):
            yield (*path, name)
            yield from every_command(group[name], (*path, name))


def test_every_command_and_its_arguments_are_documented() -> None:
    text = page("reference/cli.md")
    assert {"scan", "simulate", "score", "demo", "formats"} <= set(COMMANDS)
    for command in every_command(app):
        assert f"stillwatch {' '.join(command)}" in text
        one = app
        for name in command:
            one = one[name]
        for argument in one.assemble_argument_collection() if one.default_command else ():
            if argument.name.startswith("--"):
                assert argument.name in text, f"{command} {argument.name}"


def test_every_key_of_a_plan_is_documented() -> None:
    text = page("howto/run-the-lab.md")
    for name in GridSettings.model_fields:
        assert f"\n| `{name}` |" in text, name
    for name in EndpointSettings.model_fields:
        assert name in text, name


def test_the_plans_of_the_lab_page_are_plans() -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```", page("howto/run-the-lab.md"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2
    assert all(make_plan(tomllib.loads(block)).cells for block in blocks)


def test_every_setting_is_documented_with_its_default() -> None:
    text = page("reference/cli.md")
    for name, field in ScanSettings.model_fields.items():
        row = re.search(rf"^\| `{name}` \| ([^|]+) \|", text, re.MULTILINE)
        assert row, name
        if field.default is None:
            assert row[1] == "none", name
        elif isinstance(field.default, bool | str):
            assert row[1] == str(field.default).lower(), name
        elif field.default_factory is None:
            assert float(row[1]) == field.default, name


def test_every_setting_of_the_gateway_is_documented_with_its_default() -> None:
    text = page("reference/gateway.md")
    for name, field in GatewaySettings.model_fields.items():
        row = re.search(rf"^\| `{name}` \| ([^|]+) \|", text, re.MULTILINE)
        assert row, name
        shown = field.get_default(call_default_factory=True)
        assert row[1] == (
            "none"
            if shown is None
            else ", ".join(shown) or "none"
            if isinstance(shown, tuple)
            else str(shown).replace("True", "true").replace("False", "false")
        )
    for action in ACTIONS:
        assert f"\n| `{action}` |" in text, action


def test_the_settings_of_the_gateway_page_are_settings() -> None:
    (block,) = re.findall(r"^```toml\n(.*?)^```", page("howto/put-the-gateway-in-front.md"), re.DOTALL | re.MULTILINE)
    assert GatewaySettings(**tomllib.loads(block)["gateway"]).mode == "shadow"


def test_every_format_is_documented() -> None:
    text = page("reference/formats.md")
    for name in all_formats():
        assert f"\n## {name}\n" in text


def test_the_canonical_record_of_the_page_is_read_whole(tmp_path: Path) -> None:
    section = page("reference/formats.md").split("\n## canonical\n")[1].split("\n## ")[0]
    record = json.loads(section.split("```json\n")[1].split("```")[0])
    (tmp_path / "log.jsonl").write_text(json.dumps(record))
    (result,) = [result for part in plan([tmp_path]) for result in read_slice(part) if result.exchanges.num_rows]
    (row,) = result.exchanges.to_pylist()
    assert {name: value for name, value in row.items() if name in record and name != "time"} == {
        name: value for name, value in record.items() if name != "time"
    }
    named = set(re.findall(r"`([a-z_]+)`", "".join(line.split("|")[1] for line in section.splitlines() if "|" in line)))
    assert set(EXCHANGES.names) - named == {"exchange_id", "note", "source_file", "source_line"}


def test_every_make_command_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z][a-z-]+)\b", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"demo", "test"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def documented_columns(table: str) -> list[str]:
    sections = re.split(r"^## ", page("reference/run-files.md"), flags=re.MULTILINE)
    (body,) = [part for part in sections if part.startswith(f"{table}.parquet")]
    return re.findall(r"^\| `([a-z_0-9]+)` \|", body, re.MULTILINE)


def test_every_column_of_a_partners_table_is_documented_in_order() -> None:
    # Only a scan with --indicators writes it.
    assert documented_columns("partners") == tables.PARTNERS.names


@pytest.fixture(scope="module")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 90 exchanges of nine accounts, two of them one organisation's; ids restart with every account."""
    folder = tmp_path_factory.mktemp("docs")
    start = datetime(2026, 9, 7, tzinfo=UTC)
    lines = [
        {
            "exchange_id": f"r{row}",
            "time": (start + timedelta(hours=7 * row + account)).isoformat(),
            "account_id": f"a{account}",
            "org_id": "o" if account < 2 else None,
            "prompt": f"Question {row} of customer {account}: which of the {row + 3} lamps in the hall is on at noon?",
            "client_address": f"198.51.100.{account}",
        }
        for account in range(9)
        for row in range(10)
    ]
    log = folder / "log.jsonl"
    log.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    scan([log], out=folder / "run", workers=1)
    return folder / "run"


def test_every_column_of_a_run_is_documented_in_order(small_run: Path) -> None:
    written = {path.stem: pq.read_table(path) for path in small_run.glob("*.parquet")}
    assert {"exchanges", "sketches", "profiles", "counts", "texts", "account_file", "accounts", "links"} <= set(written)
    for name, table in written.items():
        assert documented_columns(name) == table.column_names, name
    assert written["sketches"].schema.equals(SKETCH)


def test_a_runs_tables_add_up_as_documented(small_run: Path) -> None:
    exchanges, sketches, texts = (
        pq.read_table(small_run / f"{name}.parquet") for name in ("exchanges", "sketches", "texts")
    )
    profiles, counts = (pq.read_table(small_run / f"{name}.parquet") for name in ("profiles", "counts"))
    keys = exchanges["row_key"].to_pylist()
    assert len(set(keys)) == len(keys) == 90
    assert len(set(exchanges["exchange_id"].to_pylist())) == 10
    assert sketches["row_key"].to_pylist() == keys
    assert set(texts["row_key"].to_pylist()) <= set(keys)
    assert re.fullmatch(r"[0-9a-f]{16}-\d+-276", texts.schema.metadata[b"left_out"].decode())
    assert (
        set(profiles["account"].to_pylist())
        == set(sketches["account"].to_pylist())
        == set(counts["account"].to_pylist())
    )
    assert len(set(profiles["entity"].to_pylist())) == 8
    assert sum(profiles["exchanges"].to_pylist()) == 90
    kinds = set(counts["kind"].to_pylist())
    assert kinds <= {name for family in all_families().values() for name in family.counts}
    hours = [row["uses"] for row in counts.to_pylist() if row["kind"] == "hour"]
    assert sum(hours) == 90
    assert not pq.read_table(small_run / "account_file.parquet").num_rows
    assert json.loads((small_run / "run.json").read_text())["families"] == list(all_families())


def drawn_layers() -> list[set[str]]:
    """The layers drawn in ARCHITECTURE.md, highest first: names before the remark; a bar at the end goes on."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    (first, *_) = re.findall(r"(?:^    .+\n)+", text, re.MULTILINE)
    layers: list[set[str]] = []
    going_on = False
    for line in first.splitlines():
        names = re.split(r" {2,}", line.strip())[0]
        if names.startswith("---"):
            continue
        found = set(re.findall(r"[a-z]+", names))
        if going_on:
            layers[-1] |= found
        else:
            layers.append(found)
        going_on = names.endswith("|")
    return layers


def test_the_layers_drawn_are_those_of_the_import_contract() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = [one for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers"]
    assert drawn_layers() == [set(re.findall(r"stillwatch\.([a-z]+)", layer)) for layer in contract["layers"]]


def test_every_package_has_a_row_in_the_architecture() -> None:
    packages = {path.parent.name for path in Path(stillwatch.__file__).parent.glob("*/__init__.py")}
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z]+)` \| [^|]+ \|", text, re.MULTILINE)
    assert sorted(rows) == sorted(packages)


def test_architecture_names_modules_that_exist() -> None:
    """What stands in code marks in a package's row is a module, a folder or a name of it."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for package, row in re.findall(r"^\| `([a-z]+)` \| (.+) \|$", text, re.MULTILINE):
        home = Path(stillwatch.__file__).parent
        for name in re.findall(r"`([a-z_/]+)`", row):
            places = [home / package / name, home / name]
            assert any(place.exists() or place.with_suffix(".py").exists() for place in places), f"{package}: {name}"


def test_the_family_of_the_contributors_page_is_a_family(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    (project,) = re.findall(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    ((name, value),) = tomllib.loads(project)["project"]["entry-points"][ENTRY_POINTS].items()
    module = types.ModuleType(value.partition(":")[0])
    exec(compile(code, "CONTRIBUTING.md", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    family = load(EntryPoint(name, value, ENTRY_POINTS))
    assert family.name == name
    assert not {family.name, *family.counts} & {taken for one in all_families().values() for taken in names_of(one)}
    seen = {example.seen for example in family.examples}
    assert seen == {True, False}


def names_of(family: Family) -> set[str]:
    return {family.name, *family.values, *family.counts}


def declared_thresholds() -> list[tuple[str, ...]]:
    """Name, value as written, unit, source and what moves of every constant, in order, read without importing it."""
    files = [
        ROOT / "src/stillwatch/evidence" / name
        for name in ("thresholds.py", "hands_thresholds.py", "dispatch_thresholds.py", "stream_thresholds.py")
    ]
    found: list[tuple[str, ...]] = []
    for source in [file.read_text(encoding="utf-8") for file in files]:
        found += thresholds_in(source)
    return found


def thresholds_in(source: str) -> list[tuple[str, ...]]:
    """The same of one module."""
    body = ast.parse(source).body
    found: list[tuple[str, ...]] = []
    for node, after in itertools.pairwise([*body, ast.Pass()]):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            assert isinstance(node, ast.AnnAssign), f"line {node.lineno}: a threshold is annotated Final"
            assert isinstance(node.target, ast.Name)
            assert node.value is not None, node.target.id
            said = ast.literal_eval(after.value) if isinstance(after, ast.Expr) else None
            parts = tuple(" ".join(part.split()) for part in said.split("|")) if isinstance(said, str) else ()
            assert len(parts) == 3, f"{node.target.id}: unit | source | what moves"
            assert all(parts), f"{node.target.id}: unit | source | what moves"
            found.append((node.target.id, ast.get_source_segment(source, node.value) or "", *parts))
    return found


def test_every_threshold_is_documented_as_it_is() -> None:
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$",
        page("reference/thresholds.md"),
        re.MULTILINE,
    )
    declared = declared_thresholds()
    assert len(declared) > 50
    assert [row[0] for row in rows] == [name for name, *_ in declared]
    for row, threshold in zip(rows, declared, strict=True):
        assert row == threshold


def test_where_a_feature_goes_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?:a|an) [^|]+ \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    assert len(rows) >= 10
    homes = (ROOT, ROOT / "src" / "stillwatch")
    for written, named in rows:
        for place in re.findall(r"`([\w./-]+/[\w./-]*)`", f"{written} {named}"):
            assert any((home / place).exists() for home in homes), place


def test_every_fact_of_a_policy_is_documented() -> None:
    text = page("reference/policy-file.md")
    for group, facts in FACTS.items():
        for name, fact in facts.items():
            assert f"| `{group}.{name}` | {fact.kind} | {fact.means} |" in text
