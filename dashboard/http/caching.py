"""What nobody may keep: answers of the API, and errors, which say something of this moment alone."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class NoStore:
    """Middleware. An answer that says itself how it may be kept is left alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if response.status_code >= 400 or request.path.startswith(("/api/", "/hooks/")):
            response.headers.setdefault("Cache-Control", "no-store")
        return response
