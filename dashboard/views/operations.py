"""For those who run it: is the process up, is the store right."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from dashboard.auth.requests import public
from dashboard.store import get_store
from dashboard.timekeeping import timekeeper
from storage.errors import StorageError


@require_safe
@public
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "up"})


@require_safe
@public
def readyz(request: HttpRequest) -> HttpResponse:
    try:
        get_store().table.engine.check()
    except StorageError as error:
        return JsonResponse({"status": "not ready", "reason": f"{type(error).__name__}: {error}"}, status=503)
    paused = {"removal": "paused: the clock has jumped"} if timekeeper.jumped_to else {}
    return JsonResponse({"status": "ready", **paused})
