"""Which addresses may be asked, whatever names they go by."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from dashboard.tool_apis.errors import HostRefused
from dashboard.tool_apis.reach import check_url, connect, is_public

INFO = (socket.AF_INET, socket.SOCK_STREAM, 6, "")


@pytest.mark.parametrize("address", ["140.82.121.6", "2606:50c0:8000::153", "::ffff:140.82.121.6"])
def test_public_addresses_are_told(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
        "not an address",
    ],
)  # fmt: skip
def test_private_addresses_are_told_however_they_are_written(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    ["http://api.github.com/x", "ftp://api.github.com", "https://user:secret@api.github.com", "https://", "/x", "https://a:b",
     "file:///etc/passwd", "https://[::1"],
)  # fmt: skip
def test_what_is_no_address_of_a_host_with_tls_is_refused(url: str) -> None:
    with pytest.raises(HostRefused):
        check_url(url, "ghe.example")


def test_host_that_was_named_may_be_asked_without_tls() -> None:
    check_url("http://GHE.example:8080/api/v3", "ghe.example")


def _resolves(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Every name to these. What is asked for, as it goes on."""
    asked: list[str] = []

    def resolved(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(*INFO, (address, port)) for address in addresses]

    monkeypatch.setattr("dashboard.tool_apis.reach.socket.getaddrinfo", resolved)
    return asked


def test_name_of_a_private_address_is_refused_unless_it_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolves(monkeypatch, "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(HostRefused, match="no administrator named it"):
            connect("inside.example", port, 1.0, "", secure=True)
        with pytest.raises(HostRefused, match="no administrator named it"):
            connect("inside.example", port, 1.0, "other.example", secure=True)
        connect("inside.example", port, 1.0, "inside.example", secure=True).close()


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolves(monkeypatch, "140.82.121.6", "169.254.169.254")
    with pytest.raises(HostRefused):
        connect("both.example", 443, 1.0, "", secure=True)


def test_public_host_is_not_asked_without_tls_even_where_it_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolves(monkeypatch, "140.82.121.6")
    with pytest.raises(HostRefused, match="without TLS"):
        connect("ghe.example", 80, 1.0, "ghe.example", secure=False)


def test_name_is_resolved_once_and_what_was_checked_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked = _resolves(monkeypatch, "127.0.0.1")
        sock = connect("ghe.example", server.getsockname()[1], 1.0, "ghe.example", secure=True)
        assert sock.getpeername() == server.getsockname()
        sock.close()
        assert asked == ["ghe.example"]


def test_next_address_is_tried_where_one_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()[1]
    _resolves(monkeypatch, "127.0.0.1", "127.0.0.1")
    with pytest.raises(ConnectionRefusedError):
        connect("ghe.example", closed, 1.0, "ghe.example", secure=True)
    _resolves(monkeypatch)
    with pytest.raises(OSError, match="has no address"):
        connect("ghe.example", closed, 1.0, "ghe.example", secure=True)
