"""Do the tests notice when the code is wrong? Small faults, one at a time, each against the nearest tests.

    python benchmarks/mutants.py [PACKAGE ...] [--count 60] [--seed 1] [--processes 2]

Of every package a seeded sample of faults is drawn: comparisons turned, + and - swapped, numbers one higher, `not`
dropped, first for last, a statement deleted, and the like, in SQL as in Python. Each is made in a fresh copy of the
source, and tests/PACKAGE runs against it until a test fails (the fault is killed) or all pass (it survives). Test files
that never call the function are left out; a run that outlasts five times its sound length is killed too. Docstrings,
annotations, `__all__` and what classes say of themselves (ClassVar) stay as they are.

Prints the machine, seed and commit, killed of all by package, and every survivor with the line before and after. Some
survivors change nothing that can be seen; none is left out of the figure for that.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import platform
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
DEFAULT = ("detection", "evidence", "linking", "profiles", "ingest")
LEAST_SECONDS = 60.0
MOST_BYTES = 6 << 30

TURNED: dict[str, tuple[str, str]] = {
    "Lt": ("<", "<="), "LtE": ("<=", "<"), "Gt": (">", ">="), "GtE": (">=", ">"), "Eq": ("==", "!="),
    "NotEq": ("!=", "=="), "Is": ("is", "is not"), "IsNot": ("is not", "is"), "In": ("in", "not in"),
    "NotIn": ("not in", "in"), "And": ("and", "or"), "Or": ("or", "and"), "Add": ("+", "-"), "Sub": ("-", "+"),
    "Mult": ("*", "//"), "Div": ("/", "*"), "FloorDiv": ("//", "*"),
}  # fmt: skip
SQL = re.compile(r"\b(SELECT|WHERE|INSERT|DELETE)\b")
IN_SQL = (
    (r"\bmin\(", "max("), (r"\bmax\(", "min("), (r"\bAND\b", "OR"), (r"\bOR\b", "AND"), (r">=", ">"), (r"<=", "<"),
    (r"(?<![<>-])>(?![=>])", "<"), (r"(?<!<)<(?![=<>])", ">"),
)  # fmt: skip
# Tells of each test file which functions it calls and how long it takes, in one run.
TRACER = """
import json, os, pathlib, sys, threading, time
called, spent, current = {}, {}, [None]
def note(frame, event, argument):
    if event == "call" and current[0] and "/stillwatch/" in frame.f_code.co_filename:
        called[current[0]].add((frame.f_code.co_filename, frame.f_code.co_firstlineno))
def pytest_runtest_logstart(nodeid, location):
    current[0] = nodeid.split("::")[0]
    called.setdefault(current[0], set())
    spent.setdefault(current[0], [time.perf_counter(), 0])
    sys.setprofile(note); threading.setprofile(note)
def pytest_runtest_logfinish(nodeid, location):
    spent[current[0]][1] = time.perf_counter()
def pytest_sessionfinish(session, exitstatus):
    sys.setprofile(None)
    found = {f: {"seconds": spent[f][1] - spent[f][0], "called": sorted(c)} for f, c in called.items()}
    pathlib.Path(os.environ["MUTANT_TRACE"]).write_text(json.dumps(found))
"""


@dataclass(frozen=True, order=True)
class Mutant:
    """One fault: bytes of a file to be replaced, and the first line of the function they are in (0: in none)."""

    path: Path
    start: int
    end: int
    text: str
    line: int
    function: int

    def lines(self) -> tuple[str, str]:
        """The source line before and after."""
        source = self.path.read_bytes()
        after = source[: self.start] + self.text.encode() + source[self.end :]
        first = source.rfind(b"\n", 0, self.start) + 1
        return source[first:].split(b"\n")[0].decode().strip(), after[first:].split(b"\n")[0].decode().strip()


class Mutator(ast.NodeVisitor):
    """Gathers every fault that can be made in one file."""

    def __init__(self, path: Path) -> None:
        self.path, self.source = path, path.read_bytes()
        self.starts = [0, *(m.end() for m in re.finditer(b"\n", self.source))]
        self.found: list[Mutant] = []
        self.function = 0
        self.visit(ast.parse(self.source))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        last, column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[last - 1] + column

    def add(self, start: int, end: int, text: str) -> None:
        line = self.source.count(b"\n", 0, start) + 1
        self.found.append(Mutant(self.path, start, end, text, line, self.function))

    def swap(self, left: ast.expr, operator: ast.AST, right: ast.expr) -> None:
        """The operator between two expressions for its opposite."""
        if (turned := TURNED.get(type(operator).__name__)) is None:
            return
        start, end = self.span(left)[1], self.span(right)[0]
        escaped = re.escape(turned[0]).encode()
        if place := re.search(rb"\b" + escaped + rb"\b" if turned[0][0].isalpha() else escaped, self.source[start:end]):
            self.add(start + place.start(), start + place.end(), turned[1])

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.AugAssign | ast.Raise | ast.Break | ast.Continue):
            self.add(*self.span(node), "pass")
        super().visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outer, self.function = self.function, min([node.lineno, *(d.lineno for d in node.decorator_list)])
        for part in (*node.args.defaults, *filter(None, node.args.kw_defaults), *node.body):
            self.visit(part)
        self.function = outer

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            self.visit(statement)

    def visit_Assign(self, node: ast.Assign) -> None:
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets):
            return
        if self.function and all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets):
            self.add(*self.span(node), "pass")
        self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None and "ClassVar" not in ast.dump(node.annotation):
            self.visit(node.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return
        self.add(*self.span(node), "pass")
        self.visit(node.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            self.swap(left, operator, right)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for left, right in zip(node.values, node.values[1:], strict=False):
            self.swap(left, node.op, right)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        # Of text and lists, any other operator is no more than an error.
        kinds = (ast.Constant, ast.JoinedStr, ast.List)
        if all(_number(side) or not isinstance(side, kinds) for side in (node.left, node.right)):
            self.swap(node.left, node.op, node.right)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self.add(self.span(node)[0], self.span(node)[0] + len("not "), "")
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        place = ast.unparse(node.slice)
        if place in ("0", "-1"):
            self.add(*self.span(node.slice), "-1" if place == "0" else "0")
            self.visit(node.value)
        else:
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
            self.add(*self.span(node.func), "max" if node.func.id == "min" else "min")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self.add(*self.span(node), str(not node.value))
        elif isinstance(node.value, int | float):
            self.add(*self.span(node), repr(node.value + 1 if isinstance(node.value, int) else node.value * 2 or 1.0))
        else:
            self.in_sql(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self.in_sql(node)

    def in_sql(self, node: ast.Constant | ast.JoinedStr) -> None:
        start, end = self.span(node)
        text = self.source[start:end].decode()
        if SQL.search(text):
            for pattern, other in IN_SQL:
                for place in re.finditer(pattern, text):
                    before = len(text[: place.start()].encode())
                    self.add(start + before, start + before + len(place.group().encode()), other)


def _number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def run_tests(source: Path, tests: Sequence[str], seconds: float | None, **more: str) -> str:
    """What pytest says of ``tests`` on the package of ``source``, where one fails or they take too long; else ''."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
    command += ["-m", "not slow", *(["-p", "mutant_tracer"] if more else []), *tests]
    kept = {"PYTHONPATH": str(source), "HYPOTHESIS_STORAGE_DIRECTORY": str(source.parent / "hypothesis")}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **kept, **more}, start_new_session=True, stdout=said, stderr=said
        )
        if hasattr(resource, "prlimit"):
            # A loop that no longer ends may gather without end too.
            resource.prlimit(process.pid, resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
        try:
            failed = process.wait(seconds) != 0
        except subprocess.TimeoutExpired:
            # Servers that a test started go with it.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return "it took too long"
        said.seek(0)
        return said.read().decode(errors="replace") or "it ended without a word" if failed else ""


def survives(mutant: Mutant, sound: Path, tests: Sequence[str], seconds: float) -> bool:
    """Whether all tests pass in spite of a fault."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "src"
        shutil.copytree(sound, copy)
        faulty = copy / mutant.path.relative_to(ROOT / "src")
        source = faulty.read_bytes()
        faulty.write_bytes(source[: mutant.start] + mutant.text.encode() + source[mutant.end :])
        # Python compares compiled files by size and second.
        for compiled in (faulty.parent / "__pycache__").glob(f"{faulty.stem}.*"):
            compiled.unlink()
        return not run_tests(copy, tests, seconds)


def nearest(mutant: Mutant, sound: Path, trace: dict[str, dict[str, object]]) -> list[str]:
    """The test files that call the mutant's function, or that touch its module; all where none does."""
    name = str(sound / mutant.path.relative_to(ROOT / "src"))
    touching = {test: {line for file, line in told["called"] if file == name} for test, told in trace.items()}  # type: ignore[attr-defined]
    calling = [test for test, lines in touching.items() if mutant.function in lines]
    chosen = calling or [test for test, lines in touching.items() if lines and not mutant.function] or list(trace)
    return sorted(chosen, key=lambda test: (trace[test]["seconds"], test))


def try_package(package: str, given: argparse.Namespace) -> None:
    """Try a sample of a package's faults, and tell what became of them."""
    files = sorted((ROOT / "src" / "stillwatch" / package).rglob("*.py"))
    every = sorted(mutant for path in files for mutant in Mutator(path).found)
    chosen = random.Random(f"{given.seed} {package}").sample(every, min(given.count, len(every)))
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "src"
        shutil.copytree(ROOT / "src", sound, ignore=shutil.ignore_patterns("__pycache__"))
        (sound / "mutant_tracer.py").write_text(TRACER)
        started = time.perf_counter()
        if said := run_tests(sound, [f"tests/{package}"], None, MUTANT_TRACE=str(Path(folder) / "trace.json")):
            raise SystemExit(f"{said}\ntests/{package} fails on the code as it is: nothing can be said of faults in it")
        most = max(LEAST_SECONDS, 5 * (time.perf_counter() - started))
        trace = json.loads((Path(folder) / "trace.json").read_text())
        with ThreadPoolExecutor(given.processes) as pool:
            jobs = [pool.submit(survives, one, sound, nearest(one, sound, trace), most) for one in chosen]
            alive = [mutant for mutant, job in zip(chosen, jobs, strict=True) if job.result()]
    spent = time.perf_counter() - started
    print(f"{package}: {len(chosen) - len(alive)} of {len(chosen)} killed, {len(every):,} could be made, {spent:.0f} s")
    for mutant in sorted(alive):
        before, after = mutant.lines()
        print(f"  {mutant.path.relative_to(ROOT)}:{mutant.line}\n    - {before}\n    + {after}", flush=True)


def main() -> None:
    """Try every package that is there and has tests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", default=DEFAULT, help="folders of src/stillwatch that have tests")
    parser.add_argument("--count", type=int, default=60, help="faults a package")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"commit: {commit.stdout.strip() or 'unknown'}, seed {given.seed}", flush=True)
    for package in given.packages:
        if (ROOT / "src" / "stillwatch" / package).is_dir() and (ROOT / "tests" / package).is_dir():
            try_package(package, given)
        else:
            print(f"{package}: no such package with tests")


if __name__ == "__main__":
    main()
