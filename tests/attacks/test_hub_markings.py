"""What is marked TLP:RED in any part goes through no hub, in whatever way the part is marked."""

from pathlib import Path

import pytest
from alliance_served import Thing, alliance, indicator

from stillwatch.alliance.stix import MARKINGS, identity_id, marking_definition

OLDER_RED = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
PART: Thing = {"selectors": ["pattern"]}


@pytest.mark.parametrize(
    "parts",
    [
        [PART | {"marking_ref": MARKINGS["red"]}],
        [PART | {"marking_ref": OLDER_RED}],
        [PART | {"marking_ref": MARKINGS["red"].upper().replace("MARKING-DEFINITION", "marking-definition")}],
        [PART | {"marking_ref": f" {OLDER_RED.upper()}"}],
        [PART | {"marking_ref": MARKINGS["green"]}, PART | {"marking_ref": MARKINGS["amber"]}],
        {"marking_ref": MARKINGS["red"]},
        [MARKINGS["red"]],
    ],
)
def test_a_part_counts_as_the_whole(tmp_path: Path, parts: object) -> None:
    with alliance(tmp_path, "beta") as met:
        answer = met.post("beta", "green", [indicator("beta", 1, "green", granular_markings=parts)])
        assert (answer.status_code, answer.json()["success_count"]) == (202, 0)


def test_a_part_that_is_milder_than_the_ceiling_comes_in(tmp_path: Path) -> None:
    with alliance(tmp_path, "beta") as met:
        parts = [PART | {"marking_ref": MARKINGS["green"]}]
        answer = met.post("beta", "green", [indicator("beta", 1, "clear", granular_markings=parts)])
        assert answer.json()["success_count"] == 1


def test_nobody_defines_a_label_of_its_own(tmp_path: Path) -> None:
    with alliance(tmp_path, "beta") as met:
        own = marking_definition("red") | {"id": "marking-definition--00000000-0000-4000-8000-000000000000"}
        own |= {"created_by_ref": identity_id("beta")}
        assert met.post("beta", "green", [own]).json()["success_count"] == 0
