"""How much of what is unfinished a worker holds, and for whom: bytes over all, requests for each address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Generic, Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class Limits:
    """head_seconds: for the head of a request. body_seconds: for its body, or as long as it takes at `slowest` bytes a
    second, whichever is longer; the same for an answer to be read. idle_seconds: between requests. linger_seconds: for
    a client to close after we did. most_bytes: of all unfinished requests. most_unfinished: requests of one address
    that are not whole."""

    head_seconds: float = 10.0
    body_seconds: float = 10.0
    slowest: int = 1024
    idle_seconds: float = 75.0
    linger_seconds: float = 2.0
    most_bytes: int = 64 * 1024 * 1024
    most_unfinished: int = 100


class Unfinished(Protocol):
    """A connection with a request that is not whole. `address` is empty where no limit of its own holds: of proxies."""

    address: str
    held: int


U = TypeVar("U", bound=Unfinished)


class Holdings(Generic[U]):
    """Unfinished requests by address, oldest first, and what they hold. Where that is too much, the greatest holder is
    cut, never the newcomer."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._of: dict[str, dict[U, None]] = {}
        self._bytes: Counter[str] = Counter()
        self.bytes = 0

    def begin(self, one: U) -> None:
        self._of.setdefault(one.address, {})[one] = None

    def end(self, one: U) -> None:
        self.hold(one, 0)
        of = self._of.get(one.address, {})
        of.pop(one, None)
        if not of:
            self._of.pop(one.address, None)
            self._bytes.pop(one.address, None)

    def hold(self, one: U, held: int) -> None:
        """It holds so many bytes now."""
        self.bytes += held - one.held
        self._bytes[one.address] += held - one.held
        one.held = held

    def too_many(self, address: str) -> U | None:
        """The oldest of an address that has more than it may."""
        of = self._of.get(address, {})
        return next(iter(of)) if address and len(of) > self._limits.most_unfinished else None

    @property
    def is_full(self) -> bool:
        return self.bytes > self._limits.most_bytes

    def greatest(self) -> U | None:
        """Of the address that holds most, the one that does."""
        address = max(self._of, key=lambda found: self._bytes[found], default=None)
        return max(self._of[address], key=lambda one: one.held) if address is not None else None


def deadline_of(limits: Limits, began: float, moved: int) -> float:
    """Until when something that began then and moved so many bytes may go on."""
    return began + max(limits.body_seconds, moved / limits.slowest)


def network_of(address: str) -> str:
    """Whom an address counts for: of IPv6 the /64, which is what a household has."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return str(found)
