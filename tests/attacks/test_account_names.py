"""An account that is called otherwise than most: in letters beyond ASCII, or at length; it is held as any other is."""

from pathlib import Path

import pytest
from attacked import HELLO, asked, guarded, record_of
from gateways import decided

LONG = "o" * 64 + "@" + "sub." * 60 + "example"
CHAT = "/v1/chat/completions"
NAMES = ["müller", "Ωmega-1", "山田", LONG, LONG + "x" * 1700]


@pytest.mark.parametrize("name", NAMES)
def test_a_decision_reaches_whom_it_names(tmp_path: Path, name: str) -> None:
    header = f"x-account: {name.encode().decode('latin-1')}"
    with guarded(tmp_path, decided("block", accounts=[name]), account_from=("header:x-account", "body")) as (url, _):
        body = {"model": "m", "messages": HELLO}
        assert asked(url, CHAT, body, header)[0] == 403
        assert asked(url, CHAT, {**body, "user": name})[0] == 403
        # Whose name begins with the same letters is somebody else.
        assert asked(url, CHAT, body, f"{header}y")[0] == 200
        assert asked(url, CHAT, body, header[:-1])[0] == 200
    assert {line["account_id"] for line in record_of(tmp_path)} == {name, f"{name}y", header_name(header[:-1])}


def header_name(header: str) -> str:
    raw = header.partition(": ")[2].encode("latin-1")
    try:
        return raw.decode()
    except UnicodeError:
        return raw.decode("latin-1")


def test_an_organisation_is_known_in_any_letters(tmp_path: Path) -> None:
    blocks = decided("block", subject=("organisation", "Société"))
    with guarded(tmp_path, blocks, account_from=("header:x-account",), org_from="header:x-org") as (url, _):
        for org, status in (("Société".encode().decode("latin-1"), 403), ("Société", 403), ("Societe", 200)):
            head = ("x-account: a", f"x-org: {org}")
            assert asked(url, CHAT, {"model": "m", "messages": HELLO}, *head)[0] == status


def test_a_name_of_a_megabyte_is_told_from_others_and_not_kept(tmp_path: Path) -> None:
    names = ["u" * 2**20, "u" * 2**20 + "v"]
    with guarded(tmp_path, account_from=("body",)) as (url, _):
        for name in names:
            assert asked(url, CHAT, {"model": "m", "messages": HELLO, "user": name})[0] == 200
    said = [line["account_id"] for line in record_of(tmp_path)]
    assert len(set(said)) == 2
    assert max(map(len, said)) < 300
