"""What asks wrongly whether the process is up and the store right: the readiness check answers before any view."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from dashboard.auth.requests import for_anybody


@for_anybody
def healthz(request: HttpRequest) -> HttpResponse:
    """Any method but those that read."""
    return HttpResponseNotAllowed(["GET", "HEAD"])


@for_anybody
def readyz(request: HttpRequest) -> HttpResponse:
    """Any method but those that read."""
    return HttpResponseNotAllowed(["GET", "HEAD"])
