"""Where a request comes from, and who cannot make that up."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.test import RequestFactory

from bigtransit import env
from dashboard.auth.addresses import client_address, comes_from_trusted_proxy

PROXIES = ("10.0.0.0/8", "192.0.2.7/32", "fd00::/8")


def seen(settings, peer: str, forwarded: str = "", proxies: tuple[str, ...] = PROXIES) -> str:
    settings.TRUSTED_PROXIES = tuple(ip_network(proxy) for proxy in proxies)
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", " 203.0.113.5 , 10.1.1.1,192.0.2.7", "203.0.113.5"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "10.9.9.9, 203.0.113.5, 10.1.1.1", "203.0.113.5"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.2.2.2, 10.1.1.1", "10.2.2.2"),
        ("203.0.113.9", "1.2.3.4", "203.0.113.9"),
        ("10.0.0.1", "2001:db8::5", "2001:db8::5"),
        ("fd00::1", "2001:db8::5, fd00::2", "2001:db8::5"),
        ("::ffff:10.0.0.1", "::ffff:203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "fe80::1%eth0", "fe80::1%eth0"),
        ("10.0.0.1", "203.0.113.5:61512", "203.0.113.5"),
        ("10.0.0.1", "[2001:db8::5]", "2001:db8::5"),
        ("10.0.0.1", "[2001:db8::5]:443, 10.1.1.1:80", "2001:db8::5"),
        ("fd00::1", "203.0.113.5:1, [fd00::2]:65535", "203.0.113.5"),
        ("", "1.2.3.4", ""),
        ("unix:", "1.2.3.4", "unix:"),
    ],
)
def test_nearest_address_that_is_no_proxy_of_ours(settings, peer: str, forwarded: str, address: str) -> None:
    assert seen(settings, peer, forwarded) == address


@pytest.mark.parametrize(
    "junk",
    [
        "unknown",
        "",
        "_hidden",
        "1.2.3.4:",
        "1.2.3.4:http",
        "[::1",
        "[]:80",
        "::1]",
        "1.2.3.4:123456",
        "1.2.3",
        "1.2.3.4/8",
        "é",
        "<b>",
        ",",
    ],
)
def test_junk_ends_the_walk_at_the_last_proxy_that_was_sure(settings, junk: str) -> None:
    assert seen(settings, "10.0.0.1", f"1.2.3.4,{junk},10.1.1.1") == "10.1.1.1"
    assert seen(settings, "10.0.0.1", f"{junk},203.0.113.5") == "203.0.113.5"


def test_five_hundred_entries_are_not_walked(settings) -> None:
    assert seen(settings, "10.0.0.1", ", ".join(["1.2.3.4", *["10.1.1.1"] * 500])) == "10.1.1.1"
    assert seen(settings, "10.0.0.1", ", ".join(["1.2.3.4"] * 500 + ["203.0.113.5"])) == "203.0.113.5"


def test_header_is_not_believed_where_no_proxy_is_trusted(settings) -> None:
    assert seen(settings, "10.0.0.1", "1.2.3.4", ()) == "10.0.0.1"
    assert seen(settings, "127.0.0.1", "1.2.3.4") == "127.0.0.1"


@pytest.mark.parametrize(("peer", "trusted"), [("10.0.0.1", True), ("11.0.0.1", False), ("", False), ("fd00::1", True)])
def test_proxy_is_known_by_the_address_of_its_connection(settings, peer: str, trusted: bool) -> None:
    settings.TRUSTED_PROXIES = tuple(ip_network(proxy) for proxy in PROXIES)
    request = RequestFactory().get("/", headers={"X-Forwarded-For": "10.0.0.1"}, REMOTE_ADDR=peer)
    assert comes_from_trusted_proxy(request) is trusted


def test_setting_names_networks_and_single_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIGTRANSIT_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7")
    assert [str(network) for network in env.networks("BIGTRANSIT_TRUSTED_PROXIES")] == ["10.0.0.0/8", "192.0.2.7/32"]


@pytest.mark.parametrize("value", ["10.0.0.1/8", "proxy.local", "10.0.0.0/33", "*"])
def test_setting_that_names_no_network_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BIGTRANSIT_TRUSTED_PROXIES", value)
    with pytest.raises(env.BadSetting, match="BIGTRANSIT_TRUSTED_PROXIES"):
        env.networks("BIGTRANSIT_TRUSTED_PROXIES")
