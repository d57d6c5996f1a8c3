"""Signing in with GitHub, which is OAuth 2 and not OpenID: who somebody is comes from its API.

https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest

from dashboard.auth.identities import Claims
from dashboard.auth.provider_client import ProviderClient, answers_of, begin, make_client

SCOPE = "read:user user:email read:org"
PER_PAGE, MOST_PAGES = 100, 5


@dataclass(frozen=True, slots=True)
class GitHub:
    """`url`: https://github.com, or the address of a GitHub Enterprise."""

    name: str
    label: str
    url: str
    client_id: str
    client_secret: str = field(repr=False)

    def begin(self, request: HttpRequest, redirect_uri: str) -> str:
        with answers_of(self.label):
            return begin(_client(self), request, redirect_uri)

    def finish(self, request: HttpRequest) -> Claims:
        with answers_of(self.label):
            client = _client(self)
            token = client.authorize_access_token(request)  # type: ignore[no-untyped-call]
            person = _get(client, token, "user")
            emails = _list(client, token, "user/emails")
            return Claims(
                issuer=self.url,
                subject=str(int(person["id"])),
                email=next((str(one["email"]) for one in emails if one["primary"] and one["verified"]), ""),
                name=str(person.get("name") or person["login"]),
                groups=frozenset(_groups(client, token)),
                provider="github",
            )


def _groups(client: ProviderClient, token: Any) -> Iterator[str]:
    """`org` and `org/team`, as GitHub spells them."""
    for organisation in _list(client, token, "user/orgs"):
        yield organisation["login"]
    for team in _list(client, token, "user/teams"):
        yield f"{team['organization']['login']}/{team['slug']}"


def _list(client: ProviderClient, token: Any, path: str) -> Iterator[dict[str, Any]]:
    for page in range(1, MOST_PAGES + 1):
        found = _get(client, token, f"{path}?per_page={PER_PAGE}&page={page}")
        yield from found
        if len(found) < PER_PAGE:
            return


def _get(client: ProviderClient, token: Any, path: str) -> Any:
    response = client.get(path, token=token)  # type: ignore[no-untyped-call]
    response.raise_for_status()
    return response.json()


def api_of(url: str) -> str:
    """Where the API of github.com, of ghe.com with data residency, or of an own GitHub Enterprise Server is."""
    host = urlsplit(url).hostname or ""
    if host == "github.com" or host.endswith(".ghe.com"):
        return f"https://api.{host}/"
    return f"{url}/api/v3/"


@lru_cache(maxsize=4)
def _client(provider: GitHub) -> ProviderClient:
    return make_client(
        provider.name,
        provider.client_id,
        provider.client_secret,
        SCOPE,
        authorize_url=f"{provider.url}/login/oauth/authorize",
        access_token_url=f"{provider.url}/login/oauth/access_token",
        api_base_url=api_of(provider.url),
    )
