"""Proofs that a sender knows the secret. Bytes against bytes in constant time, never raising, and never true for an
empty secret: `compare_digest` finds two empty strings equal and raises on text outside ASCII.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from dashboard.sources.kit.source import Headers


def hmac_sha256_hex(secret: str, body: bytes, header: str | None, prefix: str = "sha256=") -> bool:
    """Whether the header is exactly prefix + lower-case hex HMAC-SHA256 of the raw body."""
    if not secret or not header:
        return False
    expected = prefix + hmac.new(_bytes(secret), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(_bytes(header), _bytes(expected))


def shared_secret(headers: Headers, secret: str) -> bool:
    """Whether the secret came as X-Api-Key, as bearer token or as password of basic authentication. Where it came in
    more than one way, all must be right: a sender that says two things is not to be believed."""
    if not secret:
        return False
    told = [_bytes(headers["x-api-key"])] if "x-api-key" in headers else []
    if "authorization" in headers:
        told.append(_credentials(headers["authorization"]))
    expected = _digest(_bytes(secret))
    matches = [hmac.compare_digest(_digest(candidate), expected) for candidate in told]
    return bool(matches) and all(matches)


def _credentials(header: str) -> bytes:
    """The token or password in an Authorization header; empty, which no secret equals, where there is none."""
    scheme, _, value = header.partition(" ")
    match scheme.lower():
        case "bearer":
            return _bytes(value.strip(" "))
        case "basic":
            try:
                decoded = base64.b64decode(_bytes(value.strip(" ")), validate=True)
            except binascii.Error:
                return b""
            return decoded.partition(b":")[2]
        case _:
            return b""


def _digest(value: bytes) -> bytes:
    """Equal lengths, so that the comparison's time does not tell the secret's length."""
    return hashlib.sha256(value).digest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
