"""How long a request's body may be, by its method and path: known before any of it is read."""

from __future__ import annotations

from django.conf import settings

KB = 1024
WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# Where tools post events with a token.
EVENTS = "/api/v1/events"
# By what a path begins with, the first that fits; what anybody may post is the least.
LIMITS = (
    ("/api/", 64 * KB),
    ("/manage/", 256 * KB),
    ("/", 16 * KB),
)


def most_body(method: str, path: str) -> int:
    """Bytes, decoded."""
    if path.startswith("/hooks/") or path == EVENTS:
        return int(settings.MAX_BODY)
    if method in WITHOUT_BODY:
        return KB
    return next(most for begin, most in LIMITS if path.startswith(begin) or begin == "/")
