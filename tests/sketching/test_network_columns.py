"""Networks of Arrow columns are those of their addresses, one by one."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.core.networks import network_of
from stillwatch.sketching import networks

ADDRESSES = st.sampled_from([None, "", "203.0.113.9", "203.0.113.200", "10.0.0.1", "2001:db8:7::9", "what"])


@settings(deadline=None)
@given(st.lists(ADDRESSES | st.text(max_size=4), max_size=20), st.integers(0, 5))
def test_a_column_has_the_networks_of_its_addresses(addresses: list[str | None], start: int) -> None:
    column = pa.array(addresses, pa.string())
    expected = [network_of(address) for address in addresses]
    assert networks(column).to_pylist() == expected
    assert networks(column.slice(start)).to_pylist() == expected[start:]
    assert networks(column.dictionary_encode()).to_pylist() == expected


@pytest.mark.parametrize("addresses", [[], [None, None]])
def test_a_column_without_addresses_has_no_networks(addresses: list[str | None]) -> None:
    found = networks(pa.array(addresses, pa.string()))
    assert found.type == pa.string()
    assert found.to_pylist() == addresses
