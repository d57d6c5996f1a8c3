"""Passkeys (WebAuthn): made, and answered with, for the address that BIGTRANSIT_BASE_URL says.

Each must be found without a name (discoverable) and verify its person (by PIN, finger, face), so that it is good as a
second factor and by itself alike. A challenge is sealed in a cookie of the browser it was given to, and good once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

import webauthn
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialCreationOptions,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRequestOptions,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from dashboard.auth.sealed_cookies import SealedCookie
from dashboard.store import get_store
from storage import keys
from storage.errors import Conflict
from storage.model.accounts import User
from storage.model.document import replace
from storage.model.factors import FactorSet, Passkey

LASTS_SECONDS = 300
MOST_PASSKEYS = 20
CHALLENGE = SealedCookie("CHALLENGE_COOKIE", "passkey challenge", LASTS_SECONDS)
_VERIFIED = UserVerificationRequirement.REQUIRED
# What reading a stranger's words may raise.
_UNREADABLE = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError)


class Ceremony(StrEnum):
    """What a challenge was given for."""

    MAKE = "make"
    SIGN_IN = "sign in"
    SECOND_STEP = "second step"


class PasskeyRefused(Exception):
    """The message is for the person."""


@dataclass(frozen=True, slots=True)
class Challenge:
    ceremony: Ceremony
    user_id: str
    value: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.value).hexdigest()


def relying_party() -> str:
    return urlsplit(settings.BASE_URL).hostname or ""


def are_offered() -> bool:
    """Browsers know passkeys of names only, and only behind https or on the machine itself."""
    host = relying_party()
    try:
        ip_address(host)
    except ValueError:
        return settings.BASE_URL.startswith("https://") or host == "localhost" or host.endswith(".localhost")
    return False


def ask_to_make(user: User, factors: FactorSet) -> HttpResponse:
    """What a browser needs to make one for this person."""
    options = webauthn.generate_registration_options(
        rp_id=relying_party(),
        rp_name="Big Transit",
        user_id=user.id.encode(),
        user_name=user.email,
        user_display_name=user.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
        ),
        exclude_credentials=_named(factors),
    )
    return _asked(options, Ceremony.MAKE, user.id)


def ask_for_one(factors: FactorSet | None = None) -> HttpResponse:
    """What a browser needs to answer: with one of these, for the second step, or with any it has, to sign in."""
    allowed = _named(factors) if factors else []
    options = webauthn.generate_authentication_options(
        rp_id=relying_party(), allow_credentials=allowed, user_verification=_VERIFIED
    )
    if factors:
        return _asked(options, Ceremony.SECOND_STEP, factors.user_id)
    return _asked(options, Ceremony.SIGN_IN, "")


def _named(factors: FactorSet) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(each.id)) for each in factors.passkeys]


def _asked(
    options: PublicKeyCredentialCreationOptions | PublicKeyCredentialRequestOptions, ceremony: Ceremony, user_id: str
) -> HttpResponse:
    response = JsonResponse(json.loads(webauthn.options_to_json(options)))
    state = {"for": str(ceremony), "user": user_id, "challenge": bytes_to_base64url(options.challenge)}
    CHALLENGE.keep(response, state)
    response["Cache-Control"] = "no-store"
    return response


def read_challenge(request: HttpRequest, ceremony: Ceremony, user_id: str = "") -> Challenge:
    """What this browser was asked, for this and for this person. Raises PasskeyRefused."""
    state = CHALLENGE.read(request)
    if state.get("for") != ceremony or state.get("user") != user_id:
        raise PasskeyRefused("This took too long, or was begun in another browser. Try again.")
    return Challenge(ceremony, user_id, webauthn.base64url_to_bytes(state["challenge"]))


def made(challenge: Challenge, said: str, name: str) -> Passkey:
    """The passkey that a browser says it made. Raises PasskeyRefused."""
    try:
        verified = webauthn.verify_registration_response(
            credential=said,
            expected_challenge=challenge.value,
            expected_rp_id=relying_party(),
            expected_origin=settings.BASE_URL,
            require_user_verification=True,
        )
    except _UNREADABLE as error:
        raise PasskeyRefused("This passkey could not be checked. Try again.") from error
    _spend(challenge)
    return Passkey(
        id=bytes_to_base64url(verified.credential_id),
        public_key=bytes_to_base64url(verified.credential_public_key),
        sign_count=verified.sign_count,
        name=name,
        added_at=get_store().now(),
        is_synced=verified.credential_backed_up,
    )


def answered(challenge: Challenge, said: str) -> User:
    """Whose passkey answered the challenge. Raises PasskeyRefused, always with the same words: strangers do not learn
    who has which."""
    store = get_store()
    try:
        credential = parse_authentication_credential_json(said)
        user_id = (credential.response.user_handle or challenge.user_id.encode()).decode()
    except _UNREADABLE as error:
        raise _not_known() from error
    if not keys.is_id(user_id) or challenge.user_id not in ("", user_id):
        raise _not_known()
    user, factors = store.factor_sets.find_with_user(user_id)
    passkey = factors.passkey(credential.id)
    if user is None or not user.is_active or user.issuer or passkey is None:
        raise _not_known()
    used = _verified(challenge, said, passkey)
    _spend(challenge)
    try:
        store.factor_sets.note_use(factors, factors.with_passkey(used))
    except Conflict as error:
        raise PasskeyRefused("Your account was changed meanwhile. Try again.") from error
    return user


def _verified(challenge: Challenge, said: str, passkey: Passkey) -> Passkey:
    """A count that does not go up is of a copy (WebAuthn, section 6.1.1)."""
    try:
        verified = webauthn.verify_authentication_response(
            credential=said,
            expected_challenge=challenge.value,
            expected_rp_id=relying_party(),
            expected_origin=settings.BASE_URL,
            credential_public_key=webauthn.base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _UNREADABLE as error:
        raise _not_known() from error
    return replace(
        passkey,
        sign_count=verified.new_sign_count,
        last_used_at=get_store().now(),
        is_synced=verified.credential_backed_up,
    )


def _spend(challenge: Challenge) -> None:
    """Only what was rightly answered is noted, so that strangers fill no table."""
    store = get_store()
    if not store.factor_sets.spend(challenge.digest, store.now() + LASTS_SECONDS * 1000):
        raise PasskeyRefused("This was answered already. Try again.")


def _not_known() -> PasskeyRefused:
    return PasskeyRefused("This passkey is not known here.")


def said_in(request: HttpRequest) -> str:
    """What the browser says, as JSON."""
    return str(request.POST.get("credential", ""))
