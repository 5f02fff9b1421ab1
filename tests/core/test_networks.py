"""Two clients of one network have one name for it, whichever version and spelling their addresses have."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.core.networks import network_of

PUBLIC_4 = st.ip_addresses(v=4, network="8.0.0.0/7")
PUBLIC_6 = st.ip_addresses(v=6, network="2400::/6")


@settings(deadline=None)
@given(PUBLIC_4, st.integers(0, 255))
def test_version_4_has_the_network_of_its_first_three_bytes(address: ipaddress.IPv4Address, last: int) -> None:
    found = network_of(str(address))
    assert found == ".".join(str(address).split(".")[:3]) + ".0/24"
    assert network_of(str(ipaddress.ip_address(int(address) & ~255 | last))) == found
    assert network_of(str(ipaddress.ip_address(int(address) ^ 256))) != found


@settings(deadline=None)
@given(PUBLIC_6, st.integers(0, 2**80 - 1))
def test_version_6_has_the_network_of_its_first_48_bits(address: ipaddress.IPv6Address, rest: int) -> None:
    found = network_of(str(address))
    assert found is not None
    assert found.endswith("/48")
    assert address in ipaddress.ip_network(found)
    assert network_of(str(ipaddress.ip_address(int(address) >> 80 << 80 | rest))) == found
    assert network_of(str(ipaddress.ip_address(int(address) ^ 1 << 80))) != found


@settings(deadline=None)
@given(PUBLIC_4, PUBLIC_6, st.integers(0, 65535))
def test_spelling_does_not_change_the_network(
    four: ipaddress.IPv4Address, six: ipaddress.IPv6Address, port: int
) -> None:
    plain = network_of(str(four))
    for text in [f"{four}:{port}", f" {four}\n", f"::ffff:{four}", f"[::ffff:{four}]:{port}", f"64:ff9b::{four}"]:
        assert network_of(text) == plain
    plain = network_of(str(six))
    for text in [six.exploded, str(six).upper(), f"[{six}]", f"[{six}]:{port}", f"{six}%eth0", f"[{six}%3]:{port}"]:
        assert network_of(text) == plain


# The first and last addresses of each range, and their public neighbours.
@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        (["0.0.0.0", "0.255.255.255"], ["1.0.0.0"]),
        (["10.0.0.0", "10.255.255.255"], ["9.255.255.255", "11.0.0.0"]),
        (["100.64.0.0", "100.127.255.255"], ["100.63.255.255", "100.128.0.0"]),
        (["127.0.0.0", "127.0.0.1", "127.255.255.255"], ["126.255.255.255", "128.0.0.0"]),
        (["169.254.0.0", "169.254.255.255"], ["169.253.255.255", "169.255.0.0"]),
        (["172.16.0.0", "172.31.255.255"], ["172.15.255.255", "172.32.0.0"]),
        (["192.168.0.0", "192.168.255.255"], ["192.167.255.255", "192.169.0.0"]),
        (["198.18.0.0", "198.19.255.255"], ["198.17.255.255", "198.20.0.0"]),
        (["224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255"], ["223.255.255.255"]),
        (["::", "::1", "::203.0.113.9", "1fff:ffff::1"], ["2000::1"]),
        (["4000::1", "fc00::1", "fdff::1", "fe80::1", "fe80::1%eth0", "ff02::1"], ["3fff:ffff::1"]),
        (["2001::1", "2001:0:ffff::1"], ["2001:1::1"]),
        (["::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::192.168.0.1"], ["64:ff9b::203.0.113.9"]),
    ],
)
def test_addresses_of_no_public_host_have_no_network(inside: list[str], outside: list[str]) -> None:
    assert [network_of(text) for text in inside] == [None] * len(inside)
    assert all(network_of(text) is not None for text in outside)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "unknown",
        "host.example",
        "203.0.113",
        "203.0.113.9.1",
        "203.0.113.256",
        # One reader's decimal is another's octal.
        "203.000.113.009",
        "203.0.113.0/24",
        "203.0.113.9, 198.51.100.7",
        "203.0.113.9:",
        "203.0.113.9:http",
        "203.0.113.9:123456",
        "[203.0.113.9",
        "[]",
        "[[2001:db8::1]]",
        "2001:db8::1]:443",
        "2001:db8:::1",
        "٢٠٣.0.113.9",
    ],
)
def test_what_is_no_single_address_has_no_network(text: str | None) -> None:
    assert network_of(text) is None


def test_an_unbracketed_address_of_version_6_has_no_port() -> None:
    # 443 is its last group, so that the network is of the whole.
    assert network_of("2001:db8:7::443") == "2001:db8:7::/48"
    assert network_of("2001:db8:7:1:2:3:4:443") == "2001:db8:7::/48"
