"""The shape of the source: small files and functions, front doors that list what they open, one error tree."""

import ast
import importlib
import importlib.metadata
import inspect
import pkgutil
import re
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

import stillwatch
from stillwatch.core import errors

SOURCE = Path(stillwatch.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
PACKAGES = ["stillwatch.core", *(f"stillwatch.{m.name}" for m in pkgutil.iter_modules([str(SOURCE)]) if m.ispkg)]


def relative(path: Path) -> str:
    return str(path.relative_to(SOURCE))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(parsed(path)))


@pytest.mark.parametrize("name", sorted(set(PACKAGES)))
def test_a_front_door_lists_exactly_what_it_opens(name: str) -> None:
    package = importlib.import_module(name)
    listed = package.__all__
    assert len(listed) == len(set(listed))
    assert all(hasattr(package, entry) for entry in listed)
    imported = {
        alias.asname or alias.name
        for node in ast.parse(inspect.getsource(package)).body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(name)
        for alias in node.names
    }
    assert {entry for entry in imported if not entry.startswith("_")} <= set(listed)


def test_every_error_descends_from_the_root_and_stands_in_the_tree() -> None:
    defined = [c for _, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__]
    assert {c.__name__ for c in defined} == set(errors.__all__)
    tree = (errors.__doc__ or "").split("One class per")[0]
    for kind in defined:
        assert issubclass(kind, errors.StillwatchError)
        assert f" {kind.__name__}" in tree


@pytest.mark.parametrize("name", sorted({*PACKAGES, "stillwatch"}))
def test_a_front_door_lets_out_no_error_of_another_tree(name: str) -> None:
    package = importlib.import_module(name)
    for entry in package.__all__:
        opened = getattr(package, entry)
        if inspect.isclass(opened) and issubclass(opened, BaseException):
            assert issubclass(opened, errors.StillwatchError)


# One test for all modules: a test each would be a third of all tests.
def test_files_and_functions_stay_small() -> None:
    long: list[str] = []
    for path in MODULES:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        # The file of thresholds is a table: it grows by lines, not by ideas.
        if lines > (600 if path.name == "thresholds.py" else 400):
            long.append(f"{relative(path)} has {lines} lines")
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                # What a docstring says does not make a function long.
                spent = sum((statement.end_lineno or 0) - statement.lineno + 1 for statement in body)
                if spent > 60:
                    long.append(f"{relative(path)}: {node.name} has {spent} lines")
    assert long == []


def test_a_module_says_what_lives_in_it_and_is_named_for_it() -> None:
    assert not {path.stem for path in MODULES} & {"utils", "util", "helpers", "common", "misc"}
    silent = [path for path in MODULES if parsed(path).body and not ast.get_docstring(parsed(path))]
    assert list(map(relative, silent)) == []


def test_every_file_of_tests_has_a_name_of_its_own() -> None:
    """Pytest imports test files by their last name alone: a second of one name would be left out of a run."""
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_scipys_slow_parts_are_imported_when_they_are_asked_for() -> None:
    """``import scipy`` opens them at their first use; imported by name they cost every start half a second."""
    imported = {
        (relative(path), f"{node.module}.{alias.name}")
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert not {(path, name) for path, name in imported if re.match(r"scipy\.(stats|optimize)\b", name)}


def test_torch_lives_in_the_lab_alone() -> None:
    for path in MODULES:
        if relative(path).startswith("lab/"):
            continue
        for node in nodes(path):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names.append(node.module or "")
            assert not any(name.split(".")[0] in {"torch", "transformers"} for name in names), path


def test_spark_lives_in_one_engine_alone() -> None:
    """Whatever is above asks an engine, and knows none by its maker."""
    for path in MODULES:
        if imported(path) & {"pyspark", "pysail", "sqlglot"}:
            assert relative(path) in {f"engines/{name}.py" for name in SPARKS}


# LiteLLM loads this file, and has what it imports.
GUESTS = {"gateway/litellm_hook.py"}
# What a declared distribution is known to bring.
BROUGHT = {"starlette": "fastapi", "pydantic": "pydantic-settings", "datasets": "trl", "pyspark": "pyspark-client"}
SPARKS = ("spark", "spark_dialect", "spark_master", "sail_server")
EXTRAS = {
    "engines": {"spark"},
    "alliance": {"alliance"},
    "console": {"console"},
    "gateway": {"gateway"},
    "lab": {"lab", "sft"},
    "listening": {"alliance", "console", "gateway"},
    "rounds": {"alliance", "rounds"},
}


@cache
def declared() -> dict[str, set[str]]:
    """Distributions that each extra declares; those of the base under ''."""
    project = tomllib.loads((SOURCE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = {"": project["dependencies"], **project["optional-dependencies"]}
    return {
        extra: {re.split(r"[^A-Za-z0-9_.-]", entry)[0].lower() for entry in given} for extra, given in lists.items()
    }


@cache
def installed() -> Mapping[str, list[str]]:
    """Distributions by the modules that they hold."""
    return importlib.metadata.packages_distributions()


def distributions_of(module: str) -> set[str]:
    return {name.lower() for name in installed().get(module, [module])}


def imported(path: Path) -> set[str]:
    """First names of the modules that a file imports, wherever in it."""
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found - set(sys.stdlib_module_names) - {"stillwatch", "__future__"}


def test_what_a_package_imports_its_extra_declares() -> None:
    """Requirement files hold more than an extra installs, so that no other test would miss one."""
    lists, missing = declared(), []
    for path in MODULES:
        if relative(path) in GUESTS:
            continue
        package = path.relative_to(SOURCE).parts[0]
        extras = set(lists) if package.endswith(".py") or package == "cli" else EXTRAS.get(package, set())
        given = lists[""].union(*(lists[extra] for extra in extras))
        for name in sorted(imported(path)):
            if not distributions_of(BROUGHT.get(name, name)) & given:
                missing.append(f"{relative(path)}: {name} is declared neither by the base nor by {sorted(extras)}")
    assert missing == []
