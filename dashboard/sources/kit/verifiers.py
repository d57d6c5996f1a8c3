"""Proofs that a sender knows the secret, to be put together. Bytes against bytes in constant time, never raising, and
never true for an empty secret: `compare_digest` finds two empty strings equal and raises on text outside ASCII.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass

from dashboard.sources.kit.source import Headers, Verifier

_OPENSSL = "openssl dgst -sha256 -hmac \"$SECRET\" -r | cut -d' ' -f1"
MOST_VERSIONS = 10
# What secrets of Standard Webhooks begin with.
STANDARD_PREFIX = "whsec_"
MOST_SIGNATURES = 10
_SECONDS = re.compile(r"[0-9]{1,12}")
_SIGNED_TIME = re.compile(r"timestamp=([0-9]{1,12}),signature=([0-9a-f]{64})")


@dataclass(frozen=True)
class HmacHeader:
    """HMAC-SHA256 of the raw body as lower-case hex in one header, after a prefix."""

    header: str
    prefix: str = ""

    def verify(self, headers: Headers, body: bytes, secret: str, at: int) -> bool:
        return hmac_sha256_hex(secret, body, headers.get(self.header.lower()), self.prefix)

    def prove(self, body: bytes, secret: str, at: int) -> dict[str, str]:
        return {self.header.lower(): self.prefix + _hmac(secret, body)}

    def curl(self) -> tuple[str, ...]:
        return (f'"{self.header}: {self.prefix}$(printf %s "$BODY" | {_OPENSSL})"',)


@dataclass(frozen=True)
class VersionedHmac:
    """`v1=<hex>,v2=<...>` in one header: as HmacHeader, of one version. What others say is not looked at."""

    header: str
    version: str = "v1"

    def verify(self, headers: Headers, body: bytes, secret: str, at: int) -> bool:
        prefix = f"{self.version}="
        told = [one.strip() for one in headers.get(self.header.lower(), "").split(",", MOST_VERSIONS)]
        mine = [one for one in told if one.startswith(prefix)]
        return len(mine) == 1 and hmac_sha256_hex(secret, body, mine[0], prefix)

    def prove(self, body: bytes, secret: str, at: int) -> dict[str, str]:
        return {self.header.lower(): f"{self.version}={_hmac(secret, body)}"}

    def curl(self) -> tuple[str, ...]:
        return HmacHeader(self.header, f"{self.version}=").curl()


@dataclass(frozen=True)
class SharedSecret:
    """The secret itself, as `shared_secret` takes it."""

    def verify(self, headers: Headers, body: bytes, secret: str, at: int) -> bool:
        return shared_secret(headers, secret)

    def prove(self, body: bytes, secret: str, at: int) -> dict[str, str]:
        return {"x-api-key": secret}

    def curl(self) -> tuple[str, ...]:
        return ('"X-Api-Key: $SECRET"',)


@dataclass(frozen=True)
class SecretHeader:
    """The secret itself, in a header of the tool's own."""

    header: str

    def verify(self, headers: Headers, body: bytes, secret: str, at: int) -> bool:
        told = headers.get(self.header.lower())
        return bool(secret and told) and hmac.compare_digest(_digest(_bytes(told or "")), _digest(_bytes(secret)))

    def prove(self, body: bytes, secret: str, at: int) -> dict[str, str]:
        return {self.header.lower(): secret}

    def curl(self) -> tuple[str, ...]:
        return (f'"{self.header}: $SECRET"',)


@dataclass(frozen=True)
class SignedTime:
    """`timestamp=<seconds>,signature=<hex>` in one header: HMAC-SHA256 of the time, a dot and the raw body. A time that
    is further from now than `tolerance_seconds`, either way, proves nothing: a post cannot be sent again later.
    https://buildkite.com/docs/apis/webhooks/pipelines#webhook-signature"""

    header: str
    tolerance_seconds: int = 300

    def verify(self, headers: Headers, body: bytes, secret: str, at: int) -> bool:
        told = _SIGNED_TIME.fullmatch(headers.get(self.header.lower(), ""))
        if told is None or abs(at - int(told[1]) * 1000) > self.tolerance_seconds * 1000:
            return False
        return hmac_sha256_hex(secret, _timed(told[1], body), told[2], "")

    def prove(self, body: bytes, secret: str, at: int) -> dict[str, str]:
        time = str(at // 1000)
        return {self.header.lower(): f"timestamp={time},signature={_hmac(secret, _timed(time, body))}"}

    def curl(self) -> tuple[str, ...]:
        signed = f'$(T=$(date +%s); printf timestamp=%s,signature= "$T"; printf %s.%s "$T" "$BODY" | {_OPENSSL})'
        return (f'"{self.header}: {signed}"',)


@dataclass(frozen=True)
class StandardWebhook:
    """`webhook-signature: v1,<Base64>` of `webhook-id`, `webhook-timestamp` (seconds) and the raw body, with dots
    between: HMAC-SHA256 by the key that follows `whsec_` in the secret in Base64; of several signatures one is enough.
    Secrets of another form prove nothing, nor does a time further from now than `tolerance_seconds`, either way.
    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme"""

    tolerance_seconds: int = 300

    def verify(self, headers: Headers, body: bytes, secret: str, at: int) -> bool:
        key, seconds = _standard_key(secret), headers.get("webhook-timestamp", "")
        if not key or _SECONDS.fullmatch(seconds) is None:
            return False
        if abs(at - int(seconds) * 1000) > self.tolerance_seconds * 1000:
            return False
        expected = _bytes(_standard_signature(key, headers.get("webhook-id", ""), seconds, body))
        told = headers.get("webhook-signature", "").split(" ")[:MOST_SIGNATURES]
        return any(hmac.compare_digest(_bytes(each), expected) for each in told)

    def prove(self, body: bytes, secret: str, at: int) -> dict[str, str]:
        named, seconds = f"msg_{hashlib.sha256(body).hexdigest()[:27]}", str(at // 1000)
        signature = _standard_signature(_standard_key(secret), named, seconds, body)
        return {"webhook-id": named, "webhook-timestamp": seconds, "webhook-signature": signature}

    def curl(self) -> tuple[str, ...]:
        key = "$(printf %s \"${SECRET#whsec_}\" | base64 -d | od -An -vtx1 | tr -d ' \\n')"
        signed = f'openssl dgst -sha256 -mac HMAC -macopt "hexkey:{key}" -binary | base64'
        return (
            '"webhook-timestamp: $((T=$(date +%s)))"',
            '"webhook-id: msg_$T"',
            f'"webhook-signature: v1,$(printf %s.%s.%s "msg_$T" "$T" "$BODY" | {signed})"',
        )


@dataclass(frozen=True)
class AnyOf:
    """Whoever proves itself in one of these ways is believed. The first is the one we would choose."""

    first: Verifier
    others: tuple[Verifier, ...]

    def verify(self, headers: Headers, body: bytes, secret: str, at: int) -> bool:
        return any(each.verify(headers, body, secret, at) for each in (self.first, *self.others))

    def prove(self, body: bytes, secret: str, at: int) -> dict[str, str]:
        return self.first.prove(body, secret, at)

    def curl(self) -> tuple[str, ...]:
        return self.first.curl()


def _standard_key(secret: str) -> bytes:
    """Empty where the secret holds none."""
    if not secret.startswith(STANDARD_PREFIX):
        return b""
    try:
        return base64.b64decode(secret.removeprefix(STANDARD_PREFIX), validate=True)
    except ValueError:
        return b""


def _standard_signature(key: bytes, named: str, seconds: str, body: bytes) -> str:
    signed = b".".join((_bytes(named), seconds.encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _timed(seconds: str, body: bytes) -> bytes:
    return seconds.encode() + b"." + body


def _hmac(secret: str, body: bytes) -> str:
    return hmac.new(_bytes(secret), body, hashlib.sha256).hexdigest()


def hmac_sha256_hex(secret: str, body: bytes, header: str | None, prefix: str = "sha256=") -> bool:
    """Whether the header is exactly prefix + lower-case hex HMAC-SHA256 of the raw body."""
    if not secret or not header:
        return False
    expected = prefix + _hmac(secret, body)
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
