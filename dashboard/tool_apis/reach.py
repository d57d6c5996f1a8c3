"""Which addresses may be asked. A name is resolved once, what it stands for is checked, and that is connected to: that
it stands for something else a moment later changes nothing."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from dashboard.tool_apis.errors import HostRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Addresses that hold one of IPv4: RFC 6052 (NAT64).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether an IP address is one that anybody can reach: not private, loopback, link-local, or a way around that."""
    try:
        found: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


def check_url(url: str, named_host: str) -> None:
    """Raises HostRefused for what is not to be asked at all, before any name is resolved. `named_host`: the one host
    that an administrator named, which may be private and speak plain HTTP."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        parts.port  # noqa: B018
    except ValueError as error:
        raise HostRefused("That is not an address") from error
    if not host or parts.username is not None or parts.password is not None:
        raise HostRefused("That is not an address of a host alone")
    if parts.scheme != "https" and not (parts.scheme == "http" and host == named_host):
        raise HostRefused(f"{host} is not asked without TLS")


def connect(host: str, port: int, timeout: float | None, named_host: str, *, secure: bool) -> socket.socket:
    """A connection to the host, if all that its name stands for may be reached. Raises HostRefused, OSError."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    public = all(is_public(str(each[4][0])) for each in found)
    if not public and host.strip("[]").lower() != named_host:
        raise HostRefused(f"{host} has a private address, and no administrator named it as this connection's API")
    if public and not secure:
        raise HostRefused(f"{host} is not asked without TLS")
    failure = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(timeout)
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


def guarded(named_host: str) -> HTTPAdapter:
    """For a session that reaches what may be reached and nothing else. It tries once."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self.host, self.port or 80, _seconds(self.timeout), named_host, secure=False)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self.host, self.port or 443, _seconds(self.timeout), named_host, secure=True)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    adapter = HTTPAdapter(max_retries=0)
    manager = PoolManager(num_pools=4)
    manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    adapter.poolmanager = manager
    return adapter


def _seconds(timeout: object) -> float | None:
    return float(timeout) if isinstance(timeout, (int, float)) else None
