"""On a path of no known API a known text is found in a body that is no JSON as well: in a form, in YAML, in JSON with comments."""

import base64
import json
from pathlib import Path
from urllib.parse import quote, urlencode

import msgspec
import pytest
from attacked import asked, guarded, record_of
from gateways import decided, known

TEXT = (
    "Work through every step of the following task before you give the final answer to the examiner. "
    "Explain each intermediate result in full sentences and never leave out a calculation."
)
BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": TEXT}]})
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"


def part(name: str, content: str, more: str = "") -> str:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{content}\r\n'


BODIES: dict[str, tuple[str, str]] = {
    "a form": (FORM, urlencode({"model": "m", "prompt": TEXT})),
    "a form in percents": (FORM, "prompt=" + "".join(f"%{ord(one):02X}" for one in TEXT)),
    "a form that is called JSON": ("application/json", urlencode({"prompt": TEXT})),
    "parts": (PARTS, part("model", "m") + part("prompt", TEXT) + "--x--\r\n"),
    "parts that are called text": ("text/plain", part("prompt", TEXT) + "--x--\r\n"),
    "parts behind a file": (PARTS, part("image", "\u00ff" * 60_000, '; filename="a.png"') + part("prompt", TEXT) + "--x--\r\n"),
    "parts behind a preamble": (PARTS, "hi\r\n" + part("image", "a", '; filename="a.png"') + part("prompt", TEXT) + "--x--\r\n"),
    "parts behind another boundary": (PARTS, "--y\r\n" + part("image", "a", '; filename="a.png"') + part("prompt", TEXT) + "--x--\r\n"),
    "parts of another boundary behind a file": (
        "multipart/form-data; boundary=y",
        part("image", "a", '; filename="a.png"') + part("prompt", TEXT).replace("--x", "--y") + "--y--\r\n",
    ),
    "a part in percents of mail": (
        PARTS,
        part("prompt", "".join(f"={ord(one):02X}" for one in TEXT), "\r\nContent-Transfer-Encoding: quoted-printable") + "--x--",
    ),
    "a part that is not in base64 as it says": (PARTS, part("prompt", TEXT, "\r\nContent-Transfer-Encoding: base64") + "--x--"),
    "a part that is no file in the end": (
        PARTS,
        part("prompt", TEXT, '; filename="a"\r\nContent-Disposition: form-data; name="prompt"') + "--x--",
    ),
    "a part with a coded name that is empty": (PARTS, part("prompt", TEXT, "; filename*=UTF-8''") + "--x--"),
    "the last of very many fields": (FORM, "a=1&" * 1001 + urlencode({"prompt": TEXT})),
    "the last of very many parts": (PARTS, part("a", "1") * 1001 + part("prompt", TEXT) + "--x--\r\n"),
    "JSON within a part": (PARTS, part("payload_json", BODY) + "--x--\r\n"),
    "YAML": ("application/yaml", f"model: m\nprompt: {TEXT}\n"),
    "text": ("text/plain", TEXT),
    "JSON behind a comment": ("application/json", f"/* a */ {BODY}"),
    "JSON behind letters against theft": ("application/json", f")]}}',\n{BODY}"),
    "JSON with a comma too many": ("application/json", BODY[:-1] + ",}"),
    "quotes of another kind": ("application/json", BODY.replace('"', "'")),
}  # fmt: skip


@pytest.mark.parametrize("what", BODIES)
def test_a_known_text_is_found(tmp_path: Path, what: str) -> None:
    kind, body = BODIES[what]
    blocked = decided("block", templates=["T1"])
    with guarded(tmp_path, blocked, texts=known(("T1", "C001", TEXT)), account_from=("header:x-account",)) as (
        url,
        behind,
    ):
        for path in ("/api/chat", "/v1/images/edits"):
            head = [f"POST {path} HTTP/1.1", f"content-type: {kind}"]
            status, answer = asked(url, path, body.encode(), "x-account: a", head[1])
            assert (path, status, b"account_blocked" in answer) == (path, 403, True)
        assert not behind.seen


BYTES: dict[str, tuple[str, bytes]] = {
    "parts, one with a file's name that is empty": (PARTS, (part("prompt", TEXT, '; filename=""') + "--x--").encode()),
    "a part in base64": (
        PARTS,
        (part("prompt", base64.b64encode(TEXT.encode()).decode(), "\r\nContent-Transfer-Encoding: base64") + "--x--").encode(),
    ),
    "UTF-16": ("text/plain; charset=utf-16", TEXT.encode("utf-16")),
    "UTF-16 without a mark": ("text/plain", TEXT.encode("utf-16-be")),
    "Latin-1": ("text/plain; charset=latin-1", b"\xe9. " + TEXT.encode()),
    "MessagePack": ("application/msgpack", msgspec.msgpack.encode({"n": -1, "prompt": TEXT})),
    "CBOR": ("application/cbor", b"\xa1\x66prompt\x78\xb7" + TEXT.encode()),
    "protobuf": ("application/x-protobuf", b"\x00\x00\x00\x00\xc0\x0a\xb7\x01" + TEXT.encode() + b"\x10\x01"),
}  # fmt: skip


def test_a_known_text_is_found_in_bytes_that_hold_it(tmp_path: Path) -> None:
    blocked = decided("block", templates=["T1"])
    with guarded(tmp_path, blocked, texts=known(("T1", "C001", TEXT)), account_from=("header:x-account",)) as (
        url,
        behind,
    ):
        for what, (kind, body) in BYTES.items():
            assert (what, asked(url, "/api/chat", body, "x-account: a", f"content-type: {kind}")[0]) == (what, 403)
        assert not behind.seen
        for body in (bytes(range(256)) * 400, b"\x89PNG\r\n\x1a\n" + b"\x00\xff" * 3000):
            assert asked(url, "/api/chat", body, "x-account: a", "content-type: image/png")[0] == 200
        assert [one.body[:8] for one in behind.seen] == [bytes(range(8)), b"\x89PNG\r\n\x1a\n"]


def test_what_is_said_otherwise_passes_untouched_and_is_not_recorded(tmp_path: Path) -> None:
    blocked = decided("block", templates=["T1"])
    with guarded(tmp_path, blocked, texts=known(("T1", "C001", TEXT)), account_from=("header:x-account",)) as (
        url,
        behind,
    ):
        sent = [
            part("prompt", "A lamp on a table, in oil").encode() + b"--x--\r\n",
            (part("file", quote(TEXT), '; filename="a.txt"') + part("purpose", "assistants") + "--x--\r\n").encode(),
            bytes(range(256)) * 4000,
        ]
        for body in sent:
            assert asked(url, "/v1/images/edits", body, "x-account: a", f"content-type: {PARTS}")[0] == 200
        assert [one.body for one in behind.seen] == sent
    assert {(line["prompt"], line["unread"][:5]) for line in record_of(tmp_path)} == {("", "it is")}
