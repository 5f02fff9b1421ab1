"""Every line that a scan draws stands in one of four modules, with its unit, its source and what moves with it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import stillwatch
from stillwatch.evidence import dispatch_thresholds, hands_thresholds, stream_thresholds, thresholds

SOURCE = Path(stillwatch.__file__).parent
THRESHOLDS = tuple(
    Path(str(one.__file__)) for one in (thresholds, hands_thresholds, dispatch_thresholds, stream_thresholds)
)
STAGES = ("evidence", "linking", "profiles", "detection")
MODULES = [path for stage in STAGES for path in sorted((SOURCE / stage).rglob("*.py")) if path not in THRESHOLDS]

TECHNICAL = {
    ("detection/portrait.py", "_LEAST_TARGET"): "what a portrait names; decides of nobody",
    ("detection/portrait.py", "_MOST_PROMPTS"): "prompts a portrait reads; decides of nobody",
    ("detection/shared_text.py", "_EXAMPLE_CHARS"): "what a table shows",
    ("detection/shared_text.py", "_LEAST_UNSPACED"): "what a table shows",
    ("detection/shared_text.py", "_MOST_FAMILIES"): "what a table shows",
    ("detection/shared_text.py", "_TEXTS_A_CAMPAIGN"): "what a table shows",
    ("detection/worth.py", "_MAJORITY"): "which of a lab's curves a portrait reads; decides of nobody",
    ("evidence/content.py", "_CHUNK"): "rows at a time: bounds memory, moves no result",
    ("evidence/content.py", "_MANY"): "sums taken from those of all: spares time, moves no result",
    ("evidence/content.py", "_MOST_SUMS"): "sums kept: bounds memory, moves no result",
    ("evidence/sharing_out.py", "_COUNTED"): "how repeats are counted: spares time, moves no result",
    ("profiles/rows_at_hand.py", "MOST_NUMBERS"): "numbers held at once: bounds memory, moves no result",
    ("profiles/templates.py", "_AT_ONCE"): "sketches read at once: bounds memory, moves no result",
    (
        "profiles/texts_by_key.py",
        "_ENDS",
    ): "characters of a long prompt in samples: bounds memory; stands among the limits",
    ("profiles/beginnings.py", "_SENT"): "pieces with workers at once: bounds memory, moves no result",
    ("profiles/beginnings.py", "_WORTH_SENDING"): "prompts from which workers pay: moves no result",
    ("profiles/beginnings.py", "_PIECE_BYTES"): "bytes of a piece: bounds memory, moves no result",
    ("profiles/sorted_rows.py", "MOST_HELD"): "rows held: bounds memory, moves no result",
    ("profiles/sorted_rows.py", "_ROWS"): "rows of a batch: bounds memory, moves no result",
    ("profiles/texts_by_key.py", "MANY"): "texts for which all are passed over: saves time, moves no result",
    ("profiles/texts_by_key.py", "_PIECE"): "texts of a piece: saves time, moves no result",
    ("profiles/texts_by_key.py", "_ROWS"): "rows of a batch: bounds memory, moves no result",
    ("evidence/families/semantics.py", "_CHUNK"): "pairs at a time: bounds memory, moves no result",
    ("evidence/families/timing.py", "_CHUNK"): "rows at a time: bounds memory, moves no result",
    ("evidence/rhythm.py", "DAY"): "hours a day",
    ("evidence/rhythm.py", "_BLOCK"): "entities at a time: bounds memory, moves no result",
    ("evidence/group_statistics.py", "_MOST_WHOLE"): "numbers held at once: bounds memory, moves no result",
    ("evidence/group_statistics.py", "_QUARTILE"): "of the normal distribution",
    ("evidence/neighbours.py", "_CHUNK"): "rows at a time: bounds memory, moves no result",
    ("evidence/neighbours.py", "_PENDING"): "pairs at a time: bounds memory, moves no result",
    (
        "evidence/neighbours.py",
        "_ROUNDS",
    ): "of k-means, after which cells hardly move: says where one looks, not what counts",
    (
        "evidence/neighbours.py",
        "_SAMPLED",
    ): "accounts a cell by which cells are placed: says where one looks, not what counts",
    ("evidence/neighbours.py", "_TABLE"): "cosines at a time: bounds memory, moves no result",
    ("detection/stream_findings.py", "_MOST_EXAMPLES"): "what a finding shows",
    ("detection/stream_findings.py", "_MOST_NAMED"): "what a finding shows",
    ("evidence/last_asked.py", "_KEPT"): "answers at a time: bounds memory, moves no result",
    ("evidence/lens.py", "_BLOCK"): "prompts at a time: bounds memory, moves no result",
    ("evidence/log_profile.py", "HOUR"): "microseconds an hour",
    ("evidence/moments.py", "_ROUND"): "a day, an hour and a minute in microseconds",
    ("evidence/postings.py", "_PAIRS"): "pairs at a time: bounds memory, moves no result",
    ("evidence/windows_of_stream.py", "_LIFTED_WINDOWS"): "windows from which shares are told; decides of nobody",
    ("evidence/composition.py", "_ROUNDS"): "of k-means; it has long converged",
    ("evidence/windows_of_stream.py", "_FEW"): "which of two ways to add pairs up is faster: moves no result",
    ("evidence/windows_of_stream.py", "_STEPS"): "lines at which a share is told",
    ("profiles/streams.py", "_BATCH"): "prompts at a time: bounds memory, moves no result",
    ("profiles/streams.py", "_TWICE"): "how much is read so that enough is left",
    ("profiles/templates.py", "_CHUNK"): "pairs at a time: bounds memory, moves no result",
    ("profiles/templates.py", "_FEW"): "keys from which a count comes before the sort: saves time, moves no result",
    ("profiles/templates.py", "_MARK"): "sets templates' names apart from sentences'",
    ("profiles/templates.py", "_ROWS"): "rows of a batch: bounds memory, moves no result",
    ("profiles/templates.py", "_MOST_SHOWN"): "rows of a table that people read",
    ("profiles/texts.py", "_CHUNK"): "prompts a task of a worker: moves no result",
    ("profiles/texts.py", "_BATCH"): "prompts at a time: bounds memory, moves no result",
    ("profiles/texts.py", "_WORTH_SENDING"): "chunks from which workers pay: moves no result",
}
"""Numbers that are no line between seen and not seen, and why."""


def constants(path: Path) -> Iterator[tuple[str, ast.expr, ast.stmt | None]]:
    """Upper-case names that a module sets: name, value and the statement that follows."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for statement, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets: list[ast.expr] = [statement.target]
        elif isinstance(statement, ast.Assign):
            targets = statement.targets
        else:
            continue
        assert statement.value is not None
        for target in targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            for name in names:
                if isinstance(name, ast.Name) and name.id.isupper():
                    yield name.id, statement.value, after


LINES = [line for path in THRESHOLDS for line in constants(path)]


@pytest.mark.parametrize(("value", "after"), [(value, after) for _, value, after in LINES], ids=[n for n, *_ in LINES])
def test_a_line_says_its_unit_its_source_and_what_moves_with_it(value: ast.expr, after: ast.stmt | None) -> None:
    assert isinstance(after, ast.Expr)
    assert isinstance(after.value, ast.Constant)
    assert isinstance(after.value.value, str)
    parts = [" ".join(part.split()) for part in after.value.value.split("|")]
    assert len(parts) == 3
    assert all(parts)
    assert any(character.isalpha() for character in parts[1])


def test_lines_are_many_and_none_is_set_twice() -> None:
    names = [name for name, *_ in LINES]
    assert len(names) == len(set(names)) > 60


def numeric(value: ast.expr) -> bool:
    """Whether a value is a number, or made of numbers alone."""
    try:
        made = ast.literal_eval(value)
    except (ValueError, TypeError):
        made = None
        if isinstance(value, ast.Call) and value.args and not value.keywords:
            return all(numeric(argument) for argument in value.args)
        if isinstance(value, ast.BinOp):
            return numeric(value.left) and numeric(value.right)
    if isinstance(made, tuple | list):
        return bool(made) and all(isinstance(one, int | float) for one in made)
    return isinstance(made, int | float) and not isinstance(made, bool)


def own() -> set[tuple[str, str]]:
    return {
        (str(path.relative_to(SOURCE)), name)
        for path in MODULES
        for name, value, _ in constants(path)
        if numeric(value)
    }


def test_no_other_module_keeps_a_number_of_its_own() -> None:
    assert own() - set(TECHNICAL) == set()


def test_the_list_of_technical_numbers_holds_nothing_else() -> None:
    assert set(TECHNICAL) - own() == set()


def test_every_line_is_used() -> None:
    used = {
        node.id
        for path in SOURCE.rglob("*.py")
        if path not in THRESHOLDS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name)
    }
    assert {name for name, *_ in LINES} - used == set()
