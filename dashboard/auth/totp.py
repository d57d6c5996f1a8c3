"""Codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds), and the picture that sets one up."""

from __future__ import annotations

import hmac
import io

import pyotp
import segno
from django.conf import settings

from storage.model.accounts import User

STEP_MS = 30_000
# A code of the step before or after the present one counts, too (RFC 6238, section 5.2).
DRIFT = 1
ISSUER = "Big Transit"


def new_secret() -> str:
    """160 bits in base32."""
    return pyotp.random_base32()


def address_of(secret: str, user: User) -> str:
    """What apps read: otpauth://totp/..."""
    host = settings.BASE_URL.partition("://")[2]
    return pyotp.TOTP(secret).provisioning_uri(name=f"{user.email} ({host})", issuer_name=ISSUER)


def picture_of(secret: str, user: User) -> bytes:
    """As a QR code, an SVG document in dark on light: cameras read no other."""
    drawn = io.BytesIO()
    code = segno.make_qr(address_of(secret, user), error="m")
    code.save(drawn, kind="svg", scale=4, border=4, dark="#000", light="#fff", nl=False)
    return drawn.getvalue()


def step_of(secret: str, code: str, now: int, last_step: int = 0) -> int | None:
    """The time step whose code this is, at `now` (milliseconds). None: a wrong code, or one of a step not after
    `last_step`, the newest that was used. A step far ahead is of a clock that was wrong, and holds nobody up."""
    present = now // STEP_MS
    used = last_step if last_step <= present + DRIFT else 0
    if not secret or len(code) != 6 or not code.isascii() or not code.isdigit():
        return None
    generator = pyotp.TOTP(secret)
    for step in (present, present - DRIFT, present + DRIFT):
        if hmac.compare_digest(generator.generate_otp(step), code) and step > used:
            return step
    return None
