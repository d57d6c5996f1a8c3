"""Which threads work on a request, known by its head: what hashes, or asks others over the network, has threads of its
own, so that no page ever waits behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from dashboard.http.body_limits import EVENTS
from dashboard.sources import SOURCES


class Lane(StrEnum):
    """PASSWORDS: works out a hash, a tenth of a second on purpose. OUTSIDE: waits for a provider, a mail server, or a
    certificate. LARGE: reads a body that takes several times its length of memory. PAGES: all else."""

    PAGES = "pages"
    PASSWORDS = "passwords"
    OUTSIDE = "outside"
    LARGE = "large"


# Threads of a process, and requests that may wait for one: a few seconds of work. Beyond that, 503 at once.
THREADS = {Lane.PASSWORDS: 2, Lane.OUTSIDE: 2, Lane.LARGE: 1}
MOST_WAITING = {Lane.PASSWORDS: 48, Lane.OUTSIDE: 48, Lane.LARGE: 16}
LARGE_BYTES = 1_048_576

# Work out no hash, whatever they begin with.
_QUICK = ("/login/second-factor", "/login/passkey")
_HASHING = ("/login", "/setup", "/join/", "/reset/", "/account")
_MAILING = ("/reset", "/manage/people")

# Settings that ask a tool's API.
_ASKING, _ASKING_WITHIN = ("/api/try", "/rotate"), "/app/"

# Headers of messages whose opening may ask over the network.
_ENVELOPED = frozenset(source.envelope.header.upper() for source in SOURCES.values() if source.envelope)


def lane_of(method: str, path: str, headers: Iterable[tuple[str, str]]) -> Lane:
    """`headers`: names in capitals, and values."""
    if path.startswith("/login/with/") or _asks_a_tool(path):
        return Lane.OUTSIDE
    if path.startswith("/hooks/") or path == EVENTS:
        return _lane_of_post(dict(headers))
    if method != "POST" or path.startswith(_QUICK):
        return Lane.PAGES
    if path in _MAILING or (path.startswith("/manage/teams/") and path.endswith("/members")):
        return Lane.OUTSIDE
    return Lane.PASSWORDS if path.startswith(_HASHING) else Lane.PAGES


def _asks_a_tool(path: str) -> bool:
    return path.startswith("/manage/") and (_ASKING_WITHIN in path or path.endswith(_ASKING))


def _lane_of_post(headers: Mapping[str, str]) -> Lane:
    if not _ENVELOPED.isdisjoint(headers):
        return Lane.OUTSIDE
    length = headers.get("CONTENT-LENGTH", "")
    return Lane.LARGE if length.isdecimal() and int(length[:18]) > LARGE_BYTES else Lane.PAGES
