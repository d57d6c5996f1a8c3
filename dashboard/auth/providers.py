"""The identity providers that the settings name."""

from __future__ import annotations

from typing import Protocol

from django.conf import settings
from django.http import HttpRequest

from dashboard.auth.github import GitHub
from dashboard.auth.identities import Claims
from dashboard.auth.openid import OpenID


class Provider(Protocol):
    """`name` is part of an address, `label` is for people. Both methods keep what they must remember in
    `request.session` and raise SignInFailed."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...

    def begin(self, request: HttpRequest, redirect_uri: str) -> str:
        """The provider's address to send the browser to."""

    def finish(self, request: HttpRequest) -> Claims:
        """Who came back."""


def list_providers() -> tuple[Provider, ...]:
    """Those that are set up in full; dashboard.checks names what is missing of the others."""
    found: list[Provider] = []
    if settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET:
        found.append(
            OpenID(
                name="oidc",
                label=settings.OIDC_LABEL,
                issuer=settings.OIDC_ISSUER,
                client_id=settings.OIDC_CLIENT_ID,
                client_secret=settings.OIDC_CLIENT_SECRET,
                scopes=settings.OIDC_SCOPES,
                groups_claim=settings.OIDC_GROUPS_CLAIM,
            )
        )
    if settings.GITHUB_CLIENT_ID and settings.GITHUB_CLIENT_SECRET:
        found.append(
            GitHub(
                name="github",
                label="GitHub",
                url=settings.GITHUB_URL,
                client_id=settings.GITHUB_CLIENT_ID,
                client_secret=settings.GITHUB_CLIENT_SECRET,
            )
        )
    return tuple(found)


def find_provider(name: str) -> Provider | None:
    return next((provider for provider in list_providers() if provider.name == name), None)
