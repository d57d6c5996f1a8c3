"""Authlib's client for Django, every call it makes bounded, and what can go wrong with it in plain words."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from authlib.integrations.base_client import MismatchingStateError, OAuthError
from authlib.integrations.django_client import DjangoIntegration, DjangoOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from django.http import HttpRequest
from joserfc.errors import JoseError
from requests import ConnectionError as RequestsConnectionError
from requests import PreparedRequest, RequestException, Response, Timeout
from requests.adapters import HTTPAdapter

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 5
MOST_BYTES = 1_048_576
OUTAGE_SECONDS = 10.0
NO_ANSWER = (RequestsConnectionError, Timeout)


class SignInFailed(Exception):
    """The message is for the person, `reason` for the log; neither holds a code, a token or a secret. `stale`: what was
    published when the provider was last asked may be true no more. What a visitor alone can bring about never says so:
    they could make us ask again and again."""

    def __init__(self, words: str, reason: str, status: int = 400, *, stale: bool = False) -> None:
        super().__init__(words)
        self.reason, self.status, self.stale = reason, status, stale


class AnswerTooLong(RequestException):
    pass


class _Bounded(HTTPAdapter):
    """Waits so long and reads so much, and no more."""

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        response = super().send(request, *args, **{**kwargs, "stream": True, "timeout": TIMEOUT_SECONDS})
        content = bytearray()
        for chunk in response.iter_content(65_536):
            content += chunk
            if len(content) > MOST_BYTES:
                response.close()
                raise AnswerTooLong(response=response)
        response._content = bytes(content)
        return response


class _Session(OAuth2Session):
    """Follows no redirect: an answer comes from the host that was asked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.max_redirects = 0
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Bounded())


class ProviderClient(DjangoOAuth2App):
    client_cls = _Session


def make_client(name: str, client_id: str, client_secret: str, scope: str, **addresses: Any) -> ProviderClient:
    """PKCE is always on."""
    return ProviderClient(
        DjangoIntegration(name),
        name,
        client_id=client_id,
        client_secret=client_secret,
        client_kwargs={"scope": scope, "code_challenge_method": "S256"},
        **addresses,
    )


def fetch_json(url: str) -> Any:
    with _Session() as session:
        response = session.request("GET", url, withhold_token=True)
        response.raise_for_status()
        return response.json()


def begin(client: ProviderClient, request: HttpRequest, redirect_uri: str) -> str:
    """The provider's address to go to. State, nonce and code verifier go into the request's session, the address not:
    a cookie is short."""
    begun = client.create_authorization_url(redirect_uri)
    url = str(begun.pop("url"))
    client.save_authorize_data(request, redirect_uri=redirect_uri, **begun)
    return url


class Outages:
    """Providers that did not answer a moment ago: whoever asks meanwhile is told at once. `timer`: seconds by a clock
    that nobody sets."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._over: dict[str, float] = {}

    def begin(self, label: str) -> None:
        self._over[label] = self._timer() + OUTAGE_SECONDS

    def check(self, label: str) -> None:
        """Raises SignInFailed during one."""
        if self._timer() < self._over.get(label, float("-inf")):
            words = _capital(f"{label} cannot be reached. Try again in a minute.")
            raise SignInFailed(words, "could not be reached a moment ago", 503)

    def forget(self) -> None:
        self._over.clear()


outages = Outages()


@contextmanager
def answers_of(label: str) -> Iterator[None]:
    """Whatever the libraries raise inside comes out as SignInFailed. The provider's own words are not repeated: they
    may hold the code."""
    outages.check(label)
    try:
        yield
    except MismatchingStateError as error:
        words = "This sign-in was begun in another browser, or too long ago. Try again."
        raise SignInFailed(words, "no such state") from error
    except OAuthError as error:
        denied = error.error == "access_denied"
        words = f"The sign-in with {label} was declined." if denied else f"{label} did not accept this sign-in."
        raise SignInFailed(_capital(words), f"error {str(error.error)[:80]!r}") from error
    except JoseError as error:
        words = f"What {label} answered could not be verified. Try again, or tell an administrator."
        reason = f"{type(error).__name__}: {error.description or error.error}"[:200]
        raise SignInFailed(words, reason, stale=True) from error
    except RequestException as error:
        status = error.response.status_code if error.response is not None else "none"
        if isinstance(error, NO_ANSWER):
            outages.begin(label)
        words = _capital(f"{label} cannot be reached. Try again in a minute.")
        raise SignInFailed(words, f"{type(error).__name__}, status {status}", 503, stale=True) from error
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        words = _capital(f"{label} gave an answer that makes no sense here. Tell an administrator.")
        # It may be our own mistake, which only the traceback tells.
        log.warning("An answer of %s makes no sense", label, exc_info=True)
        raise SignInFailed(words, f"{type(error).__name__} in its answer", 503, stale=True) from error


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
