"""The API: bearer tokens, JSON in camelCase, one error shape."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from dashboard.auth.addresses import client_address
from dashboard.auth.middleware import note_refused
from dashboard.auth.policy import Bearer
from dashboard.auth.requests import for_tokens
from dashboard.auth.throttle import bad_token
from dashboard.auth.tokens import bearer_of
from dashboard.views.api import connections, events, executions, health, teams, waiting
from storage.errors import AlreadyExists, BadKey, Conflict, NotFound, Reserved, StorageError


class TooManyTries(Exception):
    """`args[0]`: seconds to wait."""


class Token(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Bearer | None:
        bearer = bearer_of(token)
        if bearer is None and (wait := bad_token(client_address(request))):
            raise TooManyTries(wait)
        return bearer


api = NinjaAPI(
    title="Big Transit",
    version="1",
    description="Teams, pipelines and executions over all CI tools.",
    auth=Token(),
    docs_url=None,
    openapi_url=None,
)
api.add_router("", teams.router)
api.add_router("", connections.router)
api.add_router("", executions.router)
api.add_router("", health.router)
api.add_router("", events.router)
api.add_router("", waiting.router)
urls = api.urls
for pattern in urls[0]:
    assert pattern.callback is not None
    for_tokens(pattern.callback)


def _answer(request: HttpRequest, status: int, message: str, code: str) -> HttpResponse:
    return api.create_response(request, {"message": message, "code": code}, status=status)


def _note(request: HttpRequest) -> None:
    bearer = getattr(request, "auth", None)
    note_refused(request, bearer.user if isinstance(bearer, Bearer) else None)


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: Any) -> HttpResponse:
    codes = {400: "invalid", 403: "forbidden", 404: "not_found", 409: "conflict"}
    return _answer(request, error.status_code, error.message, codes.get(error.status_code, "error"))


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Any) -> HttpResponse:
    _note(request)
    return _answer(request, 404, str(error) or "Nothing is here", "not_found")


@api.exception_handler(PermissionDenied)
def forbidden(request: HttpRequest, error: Any) -> HttpResponse:
    _note(request)
    return _answer(request, 403, "This token may not do this", "forbidden")


@api.exception_handler(AuthenticationError)
def unauthenticated(request: HttpRequest, error: Any) -> HttpResponse:
    response = _answer(request, 401, "A valid token is needed", "unauthenticated")
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(TooManyTries)
def too_many(request: HttpRequest, error: Any) -> HttpResponse:
    response = _answer(request, 429, "Too many tokens that nobody has", "throttled")
    response["Retry-After"] = str(error.args[0])
    return response


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: Any) -> HttpResponse:
    first = error.errors[0] if error.errors else {}
    place = ".".join(str(part) for part in first.get("loc", ())[1:])
    return _answer(
        request, 400, f"{place}: {first.get('msg', 'is not valid')}" if place else "Invalid request", "invalid"
    )


@api.exception_handler(StorageError)
def storage_error(request: HttpRequest, error: Any) -> HttpResponse:
    if isinstance(error, NotFound):
        return _answer(request, 404, str(error), "not_found")
    if isinstance(error, BadKey):
        return _answer(request, 404, "Nothing has this id", "not_found")
    if isinstance(error, AlreadyExists | Conflict | Reserved):
        return _answer(request, 409, str(error), "conflict")
    response = _answer(request, 503, "The store is out of reach", "unavailable")
    response["Retry-After"] = "5"
    return response
