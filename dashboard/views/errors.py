"""Error pages: what happened, what still works, what happens next."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from dashboard.auth.requests import public
from dashboard.views.pages import shell


def _error(request: HttpRequest, status: int, title: str, words: str) -> HttpResponse:
    if request.path.startswith(("/api/", "/hooks/")):
        return JsonResponse({"message": title, "code": str(status)}, status=status)
    context = {**shell(request), "title": title, "words": words}
    return render(request, "errors/error.html", context, status=status)


@public
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 400, "This request cannot be read", "Go back and try again.")


@public
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    words = str(exception or "") or "Ask an administrator if you should be able to."
    return _error(request, 403, "You may not do this", words)


@public
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 404, "Nothing is here", "It may have been moved or removed. The network shows all teams.")


@public
def server_error(request: HttpRequest, *args: Any) -> HttpResponse:
    return _error(request, 500, "Something went wrong here", "It has been logged. Other pages still work.")


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _error(request, 403, "This form has grown old", "Reload the page and send it again.")
