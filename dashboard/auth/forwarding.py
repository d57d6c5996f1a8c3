"""What proxies say of a request: its client's address, its scheme, its host. Believed of those that
BIGTRANSIT_TRUSTED_PROXIES names, and taken away from what all others send before anything looks at it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from dashboard.auth.addresses import comes_from_trusted_proxy
from dashboard.store import get_store
from storage.errors import StorageError

logger = logging.getLogger(__name__)

HEADERS = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "Forwarded")
NOTE_SECONDS = 3600.0
HTTPS_ONLY = "This address is served over https alone. A secret that came over http should be replaced."


class UnbelievedProxies:
    """Says who is not believed, in the log and to the store, once an hour for near ones and once for far ones: anybody
    can send such headers, and the near ones are most likely proxies. `timer`: seconds by a clock that nobody sets."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._noted: dict[bool, float] = {}

    def note(self, address: str, header: str) -> None:
        near, now = not _is_global(address), self._timer()
        with self._lock:
            before = self._noted.get(near)
            if before is not None and now - before < NOTE_SECONDS:
                return
            self._noted[near] = now
        logger.warning("%s", words_for(address, header))
        try:
            get_store().proxies.note(address, header)
        except StorageError as error:
            logger.warning("the proxy that is not believed could not be noted: %s", error)

    def forget(self) -> None:
        self._noted.clear()


def words_for(address: str, header: str) -> str:
    """What is wrong and what to do, for an operator."""
    return (
        f"{header} came from {address[:80]}, which is not believed. If that is your proxy, "
        f"name it: BIGTRANSIT_TRUSTED_PROXIES={address[:80]}"
    )


unbelieved_proxies = UnbelievedProxies()


class Forwarding:
    """Middleware, before whatever asks for host, scheme or address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if comes_from_trusted_proxy(request):
            _take_host(request)
            told: dict[str, str] = {}
        else:
            told = _take_away(request)
        return _without_tls(request, told) or self._get_response(request)


def _take_host(request: HttpRequest) -> None:
    """The first is what the browser asked for. Whether it is ours is checked as of any Host."""
    host = request.META.get("HTTP_X_FORWARDED_HOST", "").partition(",")[0].strip()
    if host:
        request.META["HTTP_HOST"] = host


def _take_away(request: HttpRequest) -> dict[str, str]:
    """What somebody said whom we do not believe."""
    told = {}
    for header in HEADERS:
        value = request.META.pop(_meta(header), None)
        if value is not None:
            told[header] = value
    if told:
        request.__dict__.pop("headers", None)
        unbelieved_proxies.note(str(request.META.get("REMOTE_ADDR", "")), next(iter(told)))
    return told


def _without_tls(request: HttpRequest, told: dict[str, str]) -> HttpResponse | None:
    """Where the public address is https and this request was not. Pages are redirected by Django; whoever sent a secret
    over http, or would be redirected for ever, is told so."""
    if not settings.SECURE_SSL_REDIRECT or request.is_secure():
        return None
    if told.get("X-Forwarded-Proto", "").strip().lower() == "https":
        return render(request, "errors/proxy.html", {"address": request.META.get("REMOTE_ADDR", "")}, status=403)
    if request.path.startswith(("/api/", "/hooks/")):
        return JsonResponse({"message": HTTPS_ONLY, "code": "https_only"}, status=403)
    return None


def _meta(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"


def _is_global(address: str) -> bool:
    try:
        return ip_address(address.partition("%")[0]).is_global
    except ValueError:
        return False
