"""Error pages: what happened, what still works, what happens next."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.urls import reverse

from dashboard.auth.arrivals import current_user
from dashboard.views.auth import safe_next
from dashboard.views.pages import shell
from storage.errors import StorageError
from storage.model.accounts import User


def _error(request: HttpRequest, status: int, title: str, words: str) -> HttpResponse:
    if request.path.startswith(("/api/", "/hooks/")):
        return JsonResponse({"message": title, "code": str(status)}, status=status)
    context = {**shell(request), "title": title, "words": words}
    return render(request, "errors/error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 400, "This request cannot be read", "Go back and try again.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    words = str(exception or "") or "Ask an administrator if you should be able to."
    return _error(request, 403, "You may not do this", words)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    # No view was found, so nobody has asked yet who this is: the menu is for who is signed in.
    if not hasattr(request, "user") and (user := _user(request)) is not None:
        request.user = user  # type: ignore[assignment]
    return _error(request, 404, "Nothing is here", "It may have been moved or removed. The network shows all teams.")


def server_error(request: HttpRequest, *args: Any) -> HttpResponse:
    return _error(request, 500, "Something went wrong here", "It has been logged. Other pages still work.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that is not believed. Each reason has a cure of its own; only one of them is that the form expired."""
    if reason == REASON_NO_CSRF_COOKIE:
        words = "Your browser sent no cookie along. Allow cookies for this address, reload the page and send it again."
        return _error(request, 403, "This form came without its cookie", words)
    if reason.startswith(("Origin", "Referer")):
        return _error(request, 403, "This form came from another address", _address_words(request))
    if request.path == reverse("login") and _user(request) is not None:
        # Meanwhile, in another window of this browser.
        return HttpResponseRedirect(safe_next(request))
    return _error(request, 403, "Form expired", "Reload the page and send it again.")


def _user(request: HttpRequest) -> User | None:
    """Who is signed in. None also where the store cannot tell."""
    try:
        return current_user(request)
    except StorageError:
        return None


def _address_words(request: HttpRequest) -> str:
    """Which of the addresses is not as the server was told."""
    origin = urlsplit(request.headers.get("Origin") or request.headers.get("Referer", ""))
    if origin.scheme not in ("http", "https") or not origin.netloc:
        return f"Your browser does not say from where. Open the page anew at {settings.BASE_URL}."
    sent = f"{origin.scheme}://{origin.netloc}"[:300]
    words = f"It was sent from {sent}, and this server is at {settings.BASE_URL}."
    if origin.scheme == "https" and urlsplit(settings.BASE_URL).scheme == "http":
        return f"{words} If that is the address people use, its operator must set BIGTRANSIT_BASE_URL={sent}"
    return f"{words} Open the page there; if both are right, its operator must set BIGTRANSIT_BASE_URL."
