"""The registry of licences: who may collect answers, of which models, for what, how many, from when to when.

Licensed distillation is an agreed use, and a recorded one. What a licence does not limit is left out of its
entry. An empty registry (``licences: []``) says that nobody is licensed; no registry says that nothing is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stillwatch.core import UnreadableInput, said_by
from stillwatch.core.small_files import read_small
from stillwatch.policy.located_yaml import Located, read_located

__all__ = ["Licence", "Registry", "read_registry"]

_KEYS = (
    "licence_id", "holder", "contract", "organisations", "accounts", "models", "purposes", "exchanges",
    "exchanges_per_day", "from", "until",
)  # fmt: skip
_MOST = 10**15


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence.

    Attributes:
        licence_id, holder, contract: which, whose, by what agreement.
        organisations, accounts: who may use it.
        models, purposes: what for; None: any.
        exchanges, exchanges_per_day: how many at most, in all and on one UTC day; None: any number.
        begins, ends: its term, both ends included; None: open.
    """

    licence_id: str
    holder: str
    contract: str
    organisations: frozenset[str]
    accounts: frozenset[str]
    models: frozenset[str] | None
    purposes: frozenset[str] | None
    exchanges: int | None
    exchanges_per_day: int | None
    begins: datetime | None
    ends: datetime | None

    def holds(self, account: str, organisation: str | None) -> bool:
        """Whether that account may work under it."""
        return account in self.accounts or (organisation is not None and organisation in self.organisations)

    def allows_purpose(self, declared: str) -> bool:
        """Whether it names that use; case and outer spaces aside."""
        return self.purposes is None or declared.strip().casefold() in self.purposes


@dataclass(frozen=True, slots=True)
class Registry:
    """All licences by id, and the SHA-256 of the file."""

    licences: Mapping[str, Licence]
    sha256: str

    def by_account(self) -> Mapping[str, str]:
        """Accounts that a licence names, with its id; the first in the file has them."""
        return {a: one.licence_id for one in reversed([*self.licences.values()]) for a in one.accounts}

    def by_organisation(self) -> Mapping[str, str]:
        """Organisations that a licence names, with its id; the first in the file has them."""
        return {o: one.licence_id for one in reversed([*self.licences.values()]) for o in one.organisations}


def read_registry(path: Path) -> Registry:
    """A registry, checked whole.

    Raises:
        UnreadableInput: the file cannot be read.
        BadPolicy: something in it is wrong.
    """
    try:
        content = read_small(path)
        text = content.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"the licences cannot be read: {said_by(error)}", where=str(path)) from error
    parts = read_located(path, text).mapping(("licences",), required=("licences",))
    licences: dict[str, Licence] = {}
    for item in parts["licences"].items("the licence"):
        licence = _licence(item)
        if licence.licence_id in licences:
            raise item.wrong(f"the licence {licence.licence_id!r} stands twice", "keep one")
        licences[licence.licence_id] = licence
    return Registry(licences, hashlib.sha256(content).hexdigest())


def _licence(at: Located) -> Licence:
    parts = at.mapping(_KEYS, required=("licence_id", "holder", "contract"))
    begins = parts["from"].moment() if "from" in parts else None
    ends = parts["until"].moment(end_of_day=True) if "until" in parts else None
    if begins and ends and ends < begins:
        raise parts["until"].wrong(f"until is {ends:%Y-%m-%d}, before from", "swap them")
    organisations, accounts = _texts(parts, "organisations"), _texts(parts, "accounts")
    if not organisations and not accounts:
        raise at.wrong("the licence names nobody who may use it", "add organisations: or accounts:")
    purposes = _texts(parts, "purposes")
    return Licence(
        licence_id=parts["licence_id"].text(),
        holder=parts["holder"].text(),
        contract=parts["contract"].text(),
        organisations=organisations or frozenset(),
        accounts=accounts or frozenset(),
        models=_texts(parts, "models"),
        purposes=None if purposes is None else frozenset(one.casefold() for one in purposes),
        exchanges=_volume(parts, "exchanges"),
        exchanges_per_day=_volume(parts, "exchanges_per_day"),
        begins=begins,
        ends=ends,
    )


def _texts(parts: Mapping[str, Located], name: str) -> frozenset[str] | None:
    return frozenset(parts[name].texts()) if name in parts else None


def _volume(parts: Mapping[str, Located], name: str) -> int | None:
    return int(parts[name].number(1, _MOST, whole=True)) if name in parts else None
