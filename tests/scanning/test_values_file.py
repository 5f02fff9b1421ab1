"""A values file: read whole, or refused with what is wrong and what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from stillwatch.core import BadTable, UnreadableInput
from stillwatch.scanning.values import read_values

CURVE: dict[str, Any] = {
    "task": "codebook",
    "interface": "text",
    "attacker": "passive",
    "ceiling": 0.9,
    "midpoint": 10.0,
    "slope": 2.0,
    "draws": [[0.9, 10.1, 2.0], [0.88, 9.9, 2.1]],
    "points": [{"queries": 512}, {"queries": 4096}],
}
DOCUMENT: dict[str, Any] = {"format": "stillwatch-values/1", "caveats": ["Small models."], "curves": [CURVE]}


def test_a_values_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "values.json"
    path.write_text(json.dumps(DOCUMENT))
    values = read_values(path)
    (curve,) = values.curves
    assert (curve.task, curve.least, curve.most) == ("codebook", 512, 4096)
    assert curve.at(1024)[0] == pytest.approx(0.45)
    assert values.caveats == ("Small models.",)
    assert values.sha256
    assert len(values.sha256) == 64


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "not a values file"),
        ("[]", "not a values file"),
        ("{}", "its format is None"),
        (json.dumps({**DOCUMENT, "format": "stillwatch-values/9"}), "'stillwatch-values/9'"),
        (json.dumps({**DOCUMENT, "curves": [{**CURVE, "slope": "steep"}]}), "not a values file"),
        (json.dumps({**DOCUMENT, "curves": [{k: v for k, v in CURVE.items() if k != "points"}]}), "'points'"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "values.json"
    path.write_text(content)
    with pytest.raises(BadTable, match=says) as told:
        read_values(path)
    assert told.value.where == str(path)
    assert told.value.hint


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="cannot be read"):
        read_values(tmp_path / "none.json")
