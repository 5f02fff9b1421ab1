"""A public mail provider's domain ties nobody to anybody, however few accounts of a log have it."""

import duckdb
import pytest

from stillwatch.core.warning_lists import shipped_warnings
from stillwatch.evidence import all_families

DOMAIN = all_families()["infrastructure"].counts["domain"].sql


def things(*domains: str | None) -> list[str | None]:
    rows = ", ".join(f"('a-{number}', {'NULL' if one is None else repr(one)})" for number, one in enumerate(domains))
    asked = f"SELECT {DOMAIN} FROM (VALUES {rows}) AS t (account_id, email_domain) ORDER BY account_id"
    return [one for (one,) in duckdb.execute(asked).fetchall()]


@pytest.mark.parametrize("domain", ["gmail.com", "Proton.me", "163.com", "YAHOO.CO.JP", "t-online.de", "icloud.com"])
def test_two_who_have_a_public_domain_have_nothing_in_common(domain: str) -> None:
    first, second = things(domain, domain)
    assert first is not None
    assert first != second


def test_a_firms_domain_is_one_thing_however_it_is_written() -> None:
    assert things("Lumen-Labs.example", "lumen-labs.example", None) == ["domain lumen-labs.example"] * 2 + [None]
    # Its staff are no strangers, though everybody deals with it.
    assert len(set(things("google.com", "google.com"))) == 1


def test_no_listed_domain_needs_quoting() -> None:
    assert all(one == one.lower() and "'" not in one and "." in one for one in shipped_warnings().domains)
