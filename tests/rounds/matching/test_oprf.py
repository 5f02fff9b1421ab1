"""RFC 9497's vectors, a second implementation by another library, and everything that must be refused."""

import hashlib
from contextlib import suppress

import pytest
import rbcl
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.rounds.matching.oprf import ELEMENT, MOST_A_BATCH, PROOF, BadElement, Key, blind

# RFC 9497, appendix A.1.2: ristretto255-SHA512, mode 1.
SEED, INFO = b"\xa3" * 32, b"test key"
PUBLIC = "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e"
SECRET = "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909"
VECTORS = [
    (
        "00",
        "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
        "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
        "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06"
        "6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
        "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
        "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c",
    ),
    (
        "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
        "cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c",
        "60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468",
        "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a"
        "67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02",
        "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
        "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6",
    ),
]
BATCH = (
    (VECTORS[0][1], "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654"),
    (VECTORS[0][2], "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a"),
    "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
    "5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08",
)
CONTEXT = b"OPRFV1-\x01-ristretto255-SHA512"


# --- a second implementation, written from the RFC over libsodium's group --------------------


def expand(message: bytes, tag: bytes, size: int = 64) -> bytes:
    """expand_message_xmd with SHA-512 (RFC 9380, 5.3.1)."""
    tag = tag + bytes([len(tag)])
    first = hashlib.sha512(bytes(128) + message + size.to_bytes(2, "big") + b"\x00" + tag).digest()
    return hashlib.sha512(first + b"\x01" + tag).digest()


def to_group(message: bytes, tag: bytes = b"HashToGroup-") -> bytes:
    return bytes(rbcl.crypto_core_ristretto255_from_hash(expand(message, tag + CONTEXT)))


def to_scalar(message: bytes, tag: bytes = b"HashToScalar-") -> bytes:
    return bytes(rbcl.crypto_core_ristretto255_scalar_reduce(expand(message, tag + CONTEXT)))


def sized(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def times(scalar: bytes, element: bytes) -> bytes:
    return bytes(rbcl.crypto_scalarmult_ristretto255(scalar, element))


def output(value: bytes, evaluated: bytes) -> bytes:
    return hashlib.sha512(sized(value, evaluated) + b"Finalize").digest()


def proof_holds(public: bytes, asked: list[bytes], evaluated: list[bytes], proof: bytes) -> bool:
    """VerifyProof (RFC 9497, 2.2.2)."""
    seed = hashlib.sha512(sized(public, b"Seed-" + CONTEXT)).digest()
    m = z = None
    for i, (c, d) in enumerate(zip(asked, evaluated, strict=True)):
        weight = to_scalar(sized(seed) + i.to_bytes(2, "big") + sized(c, d) + b"Composite")
        first, second = times(weight, c), times(weight, d)
        m = first if m is None else bytes(rbcl.crypto_core_ristretto255_add(m, first))
        z = second if z is None else bytes(rbcl.crypto_core_ristretto255_add(z, second))
    assert m is not None
    assert z is not None
    c, s = proof[:32], proof[32:]
    t2 = rbcl.crypto_core_ristretto255_add(rbcl.crypto_scalarmult_ristretto255_base(s), times(c, public))
    t3 = rbcl.crypto_core_ristretto255_add(times(s, m), times(c, z))
    return to_scalar(sized(public, m, z, bytes(t2), bytes(t3)) + b"Challenge") == c


# --- the RFC's vectors ------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "asked", "evaluated", "proof", "expected"), VECTORS)
def test_vectors(value: str, asked: str, evaluated: str, proof: str, expected: str) -> None:
    key = Key(SEED, INFO)
    assert key.public.hex() == PUBLIC
    assert key.output(bytes.fromhex(value)).hex() == expected
    answer = key.answer(bytes.fromhex(asked))
    assert answer[PROOF:].hex() == evaluated
    # A proof is randomised: the RFC's and ours both hold, by the other implementation.
    one = ([bytes.fromhex(asked)], [bytes.fromhex(evaluated)])
    assert proof_holds(key.public, *one, bytes.fromhex(proof))
    assert proof_holds(key.public, *one, answer[:PROOF])
    assert output(bytes.fromhex(value), times(bytes.fromhex(SECRET), to_group(bytes.fromhex(value)))).hex() == expected


def test_the_batch_vector() -> None:
    asked, evaluated, proof = ([bytes.fromhex(e) for e in BATCH[0]], [bytes.fromhex(e) for e in BATCH[1]], BATCH[2])
    answer = Key(SEED, INFO).answer(b"".join(asked))
    assert answer[PROOF:] == b"".join(evaluated)
    public = bytes.fromhex(PUBLIC)
    assert proof_holds(public, asked, evaluated, bytes.fromhex(proof))
    assert proof_holds(public, asked, evaluated, answer[:PROOF])
    assert not proof_holds(public, asked, evaluated[::-1], answer[:PROOF])


@given(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_what_is_opened_is_what_the_other_implementation_works_out(values: list[bytes]) -> None:
    key = Key(SEED, INFO)
    batch = blind(values)
    opened = batch.open(key.answer(batch.elements), key.public)
    assert opened == [key.output(value) for value in values]
    assert opened == [output(value, times(bytes.fromhex(SECRET), to_group(value))) for value in values]


# --- what must be refused -----------------------------------------------------------------------

IDENTITY = bytes(32)
GENERATOR = bytes(rbcl.crypto_scalarmult_ristretto255_base((1).to_bytes(32, "little")))


@pytest.mark.parametrize(
    "asked",
    [
        b"",
        IDENTITY,
        GENERATOR[:-1],
        GENERATOR + b"\x00",
        b"\xff" * 32,
        (2**255 - 19).to_bytes(32, "little"),  # not canonical: zero once more
        GENERATOR + IDENTITY,
        GENERATOR * (MOST_A_BATCH + 1),
    ],
    ids=["empty", "identity", "short", "long", "no point", "not canonical", "identity in a batch", "too many"],
)
def test_no_batch_of_elements_is_evaluated(asked: bytes) -> None:
    with pytest.raises(BadElement):
        Key(SEED, INFO).answer(asked)


@given(st.binary(max_size=32 * 5))
@settings(deadline=None)
def test_any_bytes_are_answered_or_refused(asked: bytes) -> None:
    with suppress(BadElement):
        assert len(Key(SEED, INFO).answer(asked)) == PROOF + len(asked)


def test_another_key_a_swapped_answer_and_a_changed_bit_are_found_out() -> None:
    key, other = Key(SEED, INFO), Key(SEED, b"another round")
    assert key.public != other.public
    batch = blind([b"a", b"b", b"c"])
    good = key.answer(batch.elements)
    elements = [good[PROOF + 32 * i :][:ELEMENT] for i in range(3)]
    bad = [
        other.answer(batch.elements),
        good[:PROOF] + elements[1] + elements[0] + elements[2],
        good[:PROOF] + GENERATOR + elements[1] + elements[2],
        good[:PROOF] + IDENTITY + elements[1] + elements[2],
        bytes([good[0] ^ 1]) + good[1:],
        good[:-32],
        good + elements[0],
        b"",
    ]
    for answer in bad:
        with pytest.raises(BadElement):
            batch.open(answer, key.public)
    for public in (other.public, IDENTITY, b"", b"\xff" * 32):
        with pytest.raises(BadElement):
            batch.open(good, public)
    assert batch.open(good, key.public)[0] == key.output(b"a")


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_no_bytes_pass_for_an_answer(answer: bytes) -> None:
    with pytest.raises(BadElement):
        blind([b"a", b"b"]).open(answer, Key(SEED, INFO).public)


@pytest.mark.parametrize("values", [[], [b""], [b"x" * 65_536], [b"x"] * (MOST_A_BATCH + 1)])
def test_what_cannot_be_blinded(values: list[bytes]) -> None:
    with pytest.raises(BadElement):
        blind(values)


def test_the_same_value_never_looks_the_same() -> None:
    assert blind([b"a"]).elements != blind([b"a"]).elements
