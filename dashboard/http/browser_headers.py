"""What every answer tells browsers, whoever gives it: a view, a static file, a refusal before any view, /healthz."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Of what is no page. Opened by itself it may load, send and run nothing, and no page may frame it.
NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; sandbox"
SVG = "image/svg+xml"


def of_every_answer() -> dict[str, str]:
    return {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def written_out() -> str:
    """For heads that are written without Django: of streams, and of what the server itself answers. Over http these are
    seen by nobody where the public address is https, or by a browser that passes the last one over."""
    headers = {**of_every_answer(), "Content-Security-Policy": NO_PAGE}
    if settings.SECURE_HSTS_SECONDS:
        headers["Strict-Transport-Security"] = _https_alone()
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def let_forms_go_to(response: HttpResponse, origin: str) -> None:
    """This page alone may send a form to that scheme and host."""
    # As django-csp's decorator does it, which knows no address before the view has run.
    response._csp_update = {"form-action": [origin]}  # type: ignore[attr-defined]


class BrowserHeaders:
    """Middleware, before all others but what makes the policy of pages. What an answer says itself stands."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        headers = (response := self._get_response(request)).headers
        for name, value in of_every_answer().items():
            headers.setdefault(name, value)
        if headers.get("Content-Type") == SVG:
            headers["Content-Type"] = f"{SVG}; charset=utf-8"
        if not headers.get("Content-Type", "").startswith("text/html"):
            headers.setdefault("Content-Security-Policy", NO_PAGE)
        if settings.SECURE_HSTS_SECONDS and request.is_secure():
            headers.setdefault("Strict-Transport-Security", _https_alone())
        return response


def _https_alone() -> str:
    """As Django's SecurityMiddleware writes it, which answers that are given before it have not passed."""
    subdomains = "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
    preload = "; preload" if settings.SECURE_HSTS_PRELOAD else ""
    return f"max-age={settings.SECURE_HSTS_SECONDS}{subdomains}{preload}"
