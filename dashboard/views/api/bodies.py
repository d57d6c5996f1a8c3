"""Reading what a call brings: its token, and a JSON body of which every mistake is a 400 that says what it is."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest
from ninja.errors import HttpError

from dashboard.auth.policy import Bearer
from dashboard.sources.kit.payload import load
from dashboard.sources.kit.source import Rejected

# JSON can write half of a surrogate pair; no store can keep it.
_HALF_A_LETTER = re.compile(r"[\ud800-\udfff]")


def read_object(request: HttpRequest) -> dict[str, Any]:
    try:
        return load(request.body)
    except Rejected as rejected:
        raise HttpError(400, rejected.message) from rejected


def read_text(body: dict[str, Any], name: str, longest: int) -> str:
    value = body.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest or _HALF_A_LETTER.search(value):
        raise HttpError(400, f"{name} must be a string of at most {longest} characters")
    return value


def bearer(request: HttpRequest) -> Bearer:
    """Who asks, and with which token."""
    found: Bearer = request.auth  # type: ignore[attr-defined]
    return found
