"""Where a request comes from, seen through the proxies that are ours."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

MOST_HOPS = 50


def client_address(request: HttpRequest) -> str:
    return believed_address(str(request.META.get("REMOTE_ADDR", "")), request.headers.get("X-Forwarded-For", ""))


def believed_address(peer: str, forwarded: str) -> str:
    """The nearest address that is no proxy of ours, read from the right of X-Forwarded-For: what stands further left a
    client may have made up. The farthest proxy of ours where the header tells nothing."""
    address = _parse(peer)
    if address is None or not _is_ours(address):
        return peer
    for entry in reversed(forwarded.rsplit(",", MOST_HOPS)):
        hop = _parse(entry)
        if hop is None:
            break
        address = hop
        if not _is_ours(hop):
            break
    return str(address)


def comes_from_trusted_proxy(request: HttpRequest) -> bool:
    return is_believed(str(request.META.get("REMOTE_ADDR", "")))


def is_believed(peer: str) -> bool:
    """Whether what it forwards is believed."""
    address = _parse(peer)
    return address is not None and _is_ours(address)


def _is_ours(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


# `203.0.113.5:80`, `[2001:db8::5]`, `[2001:db8::5]:443`, as some proxies write them.
_WITH_PORT = re.compile(r"(?:\[(?P<six>[^\[\]]{2,64})\](?::\d{1,5})?|(?P<four>[\d.]{7,15}):\d{1,5})")


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip()
    match = _WITH_PORT.fullmatch(text)
    try:
        address = ip_address((match["six"] or match["four"]) if match else text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
