"""OpenID Connect with any issuer: discovery, the code flow with PKCE, and what of the ID token is believed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from authlib.common.security import is_secure_transport
from django.http import HttpRequest

from dashboard.auth.identities import Claims
from dashboard.auth.provider_client import (
    NO_ANSWER,
    ProviderClient,
    SignInFailed,
    answers_of,
    begin,
    fetch_json,
    make_client,
    outages,
)

LEEWAY_SECONDS = 60
KEPT_SECONDS = 3600
MOST_GROUPS, LONGEST_GROUP = 1000, 200
# Signatures that the published keys verify: never "none", and no HMAC, whose key would be a secret.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"}
)


@dataclass(frozen=True, slots=True)
class OpenID:
    name: str
    label: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: str
    groups_claim: str

    def begin(self, request: HttpRequest, redirect_uri: str) -> str:
        with answers_of(self.label):
            return begin(_discovered(self), request, redirect_uri)

    def finish(self, request: HttpRequest) -> Claims:
        try:
            with answers_of(self.label):
                return self._finish(_discovered(self), request)
        except SignInFailed as failure:
            if failure.stale:
                _client.cache_clear()
            raise

    def _finish(self, client: ProviderClient, request: HttpRequest) -> Claims:
        known = client.server_metadata
        said = request.GET.get("iss")  # RFC 9207
        if said != known["issuer"] and (said is not None or known["names_itself"]):
            raise SignInFailed(f"This answer is not from {self.label}. Try again.", "another issuer answered")
        expected = {"iss": known["issuer"], "aud": self.client_id}
        token = client.authorize_access_token(  # type: ignore[no-untyped-call]
            request,
            claims_options={name: {"essential": True, "value": value} for name, value in expected.items()},
            leeway=LEEWAY_SECONDS,
        )
        claims = dict(token["userinfo"])
        if known["userinfo_endpoint"] and not {"email", self.groups_claim} <= claims.keys():
            more = client.userinfo(token=token)
            if more.get("sub") != claims["sub"]:
                raise SignInFailed(f"What {self.label} answered could not be verified.", "userinfo of another subject")
            claims = {**more, **claims}
        return read_claims(claims, self.groups_claim)


_discovering = threading.Lock()


def _discovered(provider: OpenID) -> ProviderClient:
    """One asks at a time, and where it was in vain, those who waited for it do not ask again."""
    with _discovering:
        outages.check(provider.label)
        try:
            return _client(provider, _hour())
        except NO_ANSWER:
            outages.begin(provider.label)
            raise


def read_claims(claims: dict[str, Any], groups_claim: str) -> Claims:
    """An address that the issuer says is not verified counts as none. Raises ValueError without a usable subject."""
    subject, email = claims["sub"], claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise ValueError("sub")
    verified = str(claims.get("email_verified", True)).lower() != "false"
    names = (claims.get(claim) for claim in ("name", "preferred_username", "nickname"))
    groups = claims.get(groups_claim)
    given = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    return Claims(
        issuer=claims["iss"],
        subject=subject,
        email=email.strip() if isinstance(email, str) and verified else "",
        name=next((name.strip() for name in names if isinstance(name, str) and name.strip()), ""),
        groups=frozenset(
            group for group in given[:MOST_GROUPS] if isinstance(group, str) and 0 < len(group) <= LONGEST_GROUP
        ),
    )


def _hour() -> int:
    return int(time.monotonic() // KEPT_SECONDS)


@lru_cache(maxsize=4)
def _client(provider: OpenID, hour: int) -> ProviderClient:  # noqa: ARG001 - part of what is remembered
    """What the issuer publishes is believed for an hour. A failure is not kept."""
    found = fetch_json(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found["issuer"].rstrip("/") != provider.issuer.rstrip("/"):
        raise ValueError("discovery of another issuer")
    methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    scopes = provider.scopes.split()
    return make_client(
        provider.name,
        provider.client_id,
        provider.client_secret,
        " ".join(scopes if "openid" in scopes else ["openid", *scopes]),  # without it there would be no nonce
        issuer=found["issuer"],
        authorize_url=_address(found, "authorization_endpoint"),
        access_token_url=_address(found, "token_endpoint"),
        jwks_uri=_address(found, "jwks_uri"),
        userinfo_endpoint=_address(found, "userinfo_endpoint") if "userinfo_endpoint" in found else "",
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
        id_token_signing_alg_values_supported=_algorithms(found),
        token_endpoint_auth_method=(
            "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        ),
    )


def _algorithms(found: dict[str, Any]) -> list[str]:
    offered = found.get("id_token_signing_alg_values_supported") or ["RS256"]
    return sorted(ALGORITHMS.intersection(offered)) or ["RS256"]


def _address(found: dict[str, Any], name: str) -> str:
    """https, or http on this machine. Raises ValueError otherwise."""
    address = found[name]
    if not is_secure_transport(address) or urlsplit(address).username:
        raise ValueError(name)
    return str(address)
