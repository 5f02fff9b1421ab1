"""An answer packed in bytes that are no text (MessagePack, CBOR, an event stream, an archive) is no sound, whatever it is called."""

import bz2
import gzip
import lzma
import struct
import zipfile
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from marked_answers import MARK, THOUGHT
from stripped_answers import got, stripped

SAID = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "four", "reasoning_content": THOUGHT}}]}
TEXT = msgspec.json.encode(SAID)


def zipped() -> bytes:
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("answer.json", TEXT)
    return whole.getvalue()


EVENT = b"\x0b:event-type\x07\x00\x11contentBlockDelta\x0d:content-type\x07\x00\x10application/json" + TEXT
PACKED = {
    "MessagePack": msgspec.msgpack.encode(SAID),
    "CBOR": b"\xa1gchoices\x81\xa1gmessage\xa1qreasoning_content\x78\x18" + THOUGHT.encode(),
    "protobuf": b"\x0a\xac\x02" + TEXT,
    "gRPC for browsers": struct.pack(">BI", 0, len(TEXT)) + TEXT,
    "an event stream of AWS": struct.pack(">III", len(EVENT) + 16, 88, 0x12345678) + EVENT,
    "behind a zero": b"\x00" + TEXT,
    "in Shift JIS": f"思考 {TEXT.decode()}".encode("shift_jis", "replace"),
    "gzip": gzip.compress(TEXT, mtime=0),
    "bzip2": bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "zip": zipped(),
}


@pytest.mark.parametrize("name", PACKED)
def test_none_is_passed_as_sound(tmp_path: Path, name: str) -> None:
    body = PACKED[name]
    with stripped(tmp_path) as (url, upstream):
        for kind in (b"audio/pcm", b"audio/basic", b"audio/l16;rate=24000", b"image/x-own", b"video/x-own"):
            upstream.headers = [(b"content-type", kind)]
            for size in (1, len(body)):
                upstream.pieces = [body[at : at + size] for at in range(0, len(body), size)]
                status, said = got(url)
                assert (status, b"answer_withheld" in said) == (502, True), kind
                assert MARK.encode() not in said


def test_samples_pass(tmp_path: Path) -> None:
    """Silence, quiet samples of eight bits, of which some are letters, and louder ones."""
    sounds = [
        bytes(400),
        b"zywxxyuswvvwswuutptstr\xf8\xf3sssqqqtspqsrqotrqttrqsopqurppqqsss\xfevurtsw" * 6,
        struct.pack("<200h", *(120 * (at % 40) - 2400 for at in range(200))),
        b"\xff\x7f" * 200,
    ]
    with stripped(tmp_path) as (url, upstream):
        upstream.headers = [(b"content-type", b"audio/pcm")]
        for sound in sounds:
            upstream.pieces = [sound]
            assert got(url) == (200, sound)
