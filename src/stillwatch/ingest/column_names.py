"""Which column a name means: names by which side files are read, and names that are only asked about.

A name is read as a column where nothing else can be meant by it. What may be that and something else (``card`` is a
payment's id or its kind) is told to a person, with the column that is likely meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache

from stillwatch.ingest.plain_names import ACCOUNTS, CALLERS, OTHERS, PERSONS, TIMES
from stillwatch.ingest.record import COLUMNS
from stillwatch.ingest.spelling import squashed

__all__ = ["EMAILS", "NEAR", "SPELLINGS", "meant"]

EMAILS = ("email", "email_address", "user_email")
"""Of a person's address, whose domain is a column."""

SPELLINGS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "account_id": (ACCOUNTS, CALLERS),
    "org_id": (("organization_id", "organisation_id"),),
    "created": ((
        "created_at", "created_on", "created_date", "created_time", "creation_date", "creation_time", "date_created",
        "account_created", "account_created_at", "signup", "signup_at", "signup_date", "signup_time", "signed_up",
        "signed_up_at", "registered", "registered_at", "registered_on", "registration_date", "joined_at", "date_joined",
    ),),
    "payment_id": ((
        "payment", "payment_method_id", "payment_fingerprint", "payment_hash", "payment_instrument_id", "card_id",
        "card_fingerprint", "card_hash",
    ),),
    "email_domain": (("mail_domain",), EMAILS),
    "plan": (("plan_name", "plan_id", "subscription_plan"),),
    "verified": (("is_verified",),),
    "declared_use": (("declared_use_case", "use_case"),),
    "licence_id": (("license_id", "licence", "license"),),
    "user_agent": (),
    "api_key_id": (),
    "exchange_id": (OTHERS["exchange_id"][:3],),
    "session_id": (OTHERS["session_id"][:5],),
    "model": (OTHERS["model"][:3],),
    "client_address": (OTHERS["client_address"][:5], (
        "client_ip_address", "caller_ip_address", "caller_ip", "source_ip_address", "remote_ip_address",
    )),
    "time": (("released", "released_at", "released_on", "release_date", "release_time", "date"),),
}  # fmt: skip
"""Other names of the columns of side files, in groups of which the first that a file has counts. Two names of one group
could each be the column."""

_ASKED: Mapping[str, tuple[str, ...]] = {
    "payment_id": (
        "card", "card_number", "card_token", "payment_method", "payment_token", "payment_card", "payment_account",
        "billing_id", "billing_account", "bank_account", "iban", "wallet",
    ),
    "client_address": (
        "ip_addr", "address", "source_ip", "src_ip", "user_ip", "remote_ip", "remote_address", "peer_ip", "caller_ip",
        "x_forwarded_for", "signup_ip", "registration_ip", "last_ip", "last_login_ip", "network",
    ),
    "org_id": ("org", "organization", "organisation", "company", "company_id", "tenant", "tenant_id", "team_id",
               "workspace", "workspace_id"),
    "email_domain": (*EMAILS, "mail", "domain"),
    "licence_id": ("licence_key", "license_key", "licence_number", "license_number"),
    "plan": ("tier", "subscription"),
    "verified": ("kyc", "kyc_verified", "kyc_status", "identity_verified", "verification_status", "email_verified"),
    "declared_use": ("purpose", "intended_use", "stated_use"),
    "api_key_id": ("api_key", "api_key_hash", "key_id", "key_hash"),
    "user_agent": ("agent", "ua", "http_user_agent", "client_user_agent"),
    "tls_fingerprint": ("ja3", "ja3_hash", "ja4", "tls_ja3", "tls_hash"),
    "asn": ("as_number", "autonomous_system"),
    "country": ("country_code", "geo_country", "ip_country"),
}  # fmt: skip
# What a record that was read has; beside it a time, or somebody's name, may be of anything.
_SURE = frozenset(("account_id", "time", "prompt", "messages"))
_OF_ANYTHING = frozenset(map(squashed, (*ACCOUNTS, *CALLERS, *PERSONS, *TIMES))) - frozenset(map(squashed, EMAILS))
NEAR = 0.88
"""How much alike a name and a slip of it are, by ``difflib``: one letter of eight or more."""


@lru_cache(maxsize=1)
def _columns() -> Mapping[str, str]:
    """Names as spellings share them, to the columns that they mean."""
    spelt = [(name, column) for column, groups in SPELLINGS.items() for group in groups for name in group]
    spelt += [(name, column) for column, names in (*OTHERS.items(), *_ASKED.items()) for name in names]
    known = {squashed(name): column for name, column in spelt if column not in _SURE}
    return known | {squashed(column): column for column in COLUMNS if column not in _SURE}


@lru_cache(maxsize=4096)
def meant(name: str) -> str | None:
    """The column of ``exchanges`` that a name plainly means, or is a slip of; None where that cannot be told.

    >>> meant("paymentFingerprint"), meant("emial_domain"), meant("team")
    ('payment_id', 'email_domain', None)
    """
    known, given = _columns(), squashed(name)
    if given in _OF_ANYTHING:
        return None
    near = [given] if given in known else get_close_matches(given, known, 1, NEAR)
    return known[near[0]] if near else None
