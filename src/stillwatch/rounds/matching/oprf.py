"""A verifiable oblivious pseudorandom function: RFC 9497, mode 1 (VOPRF), ristretto255-SHA512.

Who asks learns F_k(x) without showing x; who answers shows no k, and proves by a DLEQ proof over the whole
batch that all answers come from the key it published. The arithmetic is the ``voprf`` library's; this is the one module
that knows it. Sizes are checked here (the library takes an element with bytes behind it for an element), and so is
that a batch is not empty and has the length that was asked for.

A blind lives in memory alone and is never written: whoever reads the disk later cannot unblind what went over
the wire.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from voprf import ristretto

__all__ = ["ELEMENT", "MOST_A_BATCH", "PROOF", "BadElement", "BlindedRequests", "Key", "blind"]

ELEMENT = 32
"""Bytes of a group element."""
PROOF = 64
"""Bytes of a batch's proof."""
MOST_A_BATCH = 4_096
"""Elements in one batch: one proof each; the suite itself ends at 65,535."""


class BadElement(ValueError):
    """Bytes that are no batch of elements, or a proof that does not hold. Never reaches a caller of the package."""


class Key:
    """One member's key of one epoch.

    Args:
        seed: 32 random bytes.
        info: public; what the key is for. Two of them give two keys (RFC 9497, DeriveKeyPair).
    """

    def __init__(self, seed: bytes, info: bytes) -> None:
        self._evaluator = ristretto.Evaluator.from_seed(seed, info)

    @staticmethod
    def new_seed() -> bytes:
        """Seed of a new key."""
        return secrets.token_bytes(32)

    @property
    def public(self) -> bytes:
        """The key's commitment: what proofs are checked against."""
        return self._evaluator.public_key.serialize()

    def answer(self, asked: bytes) -> bytes:
        """Evaluate a batch of blinded elements, laid end to end: a proof, then the answers in order.

        Raises:
            BadElement: not whole elements, too few or too many, a point that is none, or the identity.
        """
        if not asked or len(asked) % ELEMENT or len(asked) > ELEMENT * MOST_A_BATCH:
            raise BadElement(f"{len(asked)} bytes are no batch of elements")
        try:
            inputs = [ristretto.BlindedInput.deserialize(element) for element in _cut(asked)]
        except ValueError as error:
            raise BadElement(str(error)) from error
        return self._evaluator.evaluate_batch(inputs).serialize()

    def output(self, value: bytes) -> bytes:
        """F_k of a value one knows."""
        return self._evaluator.evaluate_known_input(value)


class BlindedRequests:
    """A batch on its way: what is sent, and what it takes to open the answer.

    Attributes:
        elements: blinded elements, laid end to end.
    """

    def __init__(self, clients: Sequence[ristretto.Client], elements: bytes) -> None:
        self._clients = list(clients)
        self.elements = elements

    def open(self, answer: bytes, public: bytes) -> list[bytes]:
        """Outputs in the order of the values, once the proof holds.

        Args:
            answer: as ``Key.answer`` gives it.
            public: the key that was published.

        Raises:
            BadElement: another length, a point that is none, or a proof that does not hold for this key.
        """
        if len(answer) != PROOF + len(self.elements) or len(public) != ELEMENT:
            raise BadElement(f"{len(answer)} bytes do not answer {len(self.elements)}")
        try:
            output = ristretto.VerifiableBatchOutput.deserialize(answer)
            return ristretto.Client.finalize_batch(self._clients, output, ristretto.PublicKey.deserialize(public))
        except ValueError as error:
            raise BadElement(str(error)) from error
        except BaseException as error:
            # voprf 0.2.0 panics where a batch's proof does not hold, and a panic is no Exception.
            if type(error).__name__ != "PanicException":
                raise
            raise BadElement("the proof does not hold for this key") from None


def blind(values: Sequence[bytes]) -> BlindedRequests:
    """Blind values, each by a scalar of its own.

    Raises:
        BadElement: no value, too many, or a value that is empty or too long for the suite.
    """
    if not 0 < len(values) <= MOST_A_BATCH or not all(0 < len(value) < 65_536 for value in values):
        raise BadElement(f"{len(values)} values are no batch")
    pairs = [ristretto.Client.blind(value) for value in values]
    return BlindedRequests([client for client, _ in pairs], b"".join(element.serialize() for _, element in pairs))


def _cut(elements: bytes) -> list[bytes]:
    return [elements[start : start + ELEMENT] for start in range(0, len(elements), ELEMENT)]
