"""The dashboard's addresses, and a view that does nothing behind the same middleware and sign-in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"")


urlpatterns: list[URLPattern | URLResolver] = [path("bench-empty", empty), path("", include("bigtransit.urls"))]
