"""Identity providers to sign in with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard.auth import github, openid
from dashboard.auth.provider_client import outages
from tests.dashboard.auth.elsewhere import CLIENT, CLIENT_SECRET, Answers, Forger, answers, real_provider


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    with real_provider() as url:
        yield url


@pytest.fixture(autouse=True)
def _nothing_of_a_provider_is_remembered() -> None:
    openid._client.cache_clear()
    github._client.cache_clear()
    outages.forget()


@pytest.fixture
def server() -> Iterator[Answers]:
    with answers() as found:
        yield found


@pytest.fixture
def real(issuer: str, settings) -> str:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = issuer, CLIENT, CLIENT_SECRET
    return issuer


@pytest.fixture
def forger(server: Answers, settings) -> Forger:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = server.url, CLIENT, CLIENT_SECRET
    return Forger(server)
