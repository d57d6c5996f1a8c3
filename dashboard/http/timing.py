"""The Server-Timing header: what the store was asked, counted where it is called, and how long the answer took."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from storage.store import metered


class ServerTiming:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not settings.SERVER_TIMING:
            return self.get_response(request)
        began = time.perf_counter()
        with metered() as meter:
            response = self.get_response(request)
        total = (time.perf_counter() - began) * 1000
        store = meter.seconds * 1000
        response["Server-Timing"] = (
            f'store;dur={store:.2f};desc="calls={meter.calls} rcu={meter.rcu:g} wcu={meter.wcu:g}", '
            f"render;dur={max(0.0, total - store):.2f}, total;dur={total:.2f}"
        )
        return response
