"""Every answer tells browsers what they may do with it, whoever gives it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from gunicorn.config import Config

from bigtransit.serving.gateway import Gateway
from dashboard.http.browser_headers import NO_PAGE, BrowserHeaders
from dashboard.live import messages
from storage.store import Store
from tests.dashboard.views.matrix import ROWS, Reader
from tests.dashboard.views.world_of_matrix import World
from tests.dashboard.visiting import Visitor

PAGES = ("/", "/login", "/nowhere", "/logout")
NO_PAGES = ("/healthz", "/readyz", "/api/v1/teams", "/hooks/github/none", "/live/network:all")


@pytest.mark.parametrize("path", [*PAGES, *NO_PAGES])
def test_every_answer_is_neither_sniffed_nor_framed_nor_embedded(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Referrer-Policy"] == "same-origin"
    for part in ("default-src 'none'", "frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'"):
        assert part in answer["Content-Security-Policy"]


@pytest.mark.parametrize("path", NO_PAGES)
def test_what_is_no_page_runs_nothing_when_it_is_opened(visitor: Visitor, path: str) -> None:
    assert visitor.get(path)["Content-Security-Policy"] == NO_PAGE


@pytest.mark.parametrize("path", PAGES)
def test_page_keeps_the_policy_of_pages(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    if answer.status_code == 200:
        assert "script-src 'self'" in answer["Content-Security-Policy"]


def _answered(answer: HttpResponse, *, secure: bool) -> HttpResponse:
    def given(_: HttpRequest) -> HttpResponse:
        return answer

    return BrowserHeaders(given)(RequestFactory().get("/", secure=secure))


def test_what_an_answer_says_itself_stands() -> None:
    own = {"Cross-Origin-Resource-Policy": "cross-origin", "Referrer-Policy": "no-referrer"}
    answer = _answered(HttpResponse("x", headers=own), secure=False)
    assert {name: answer[name] for name in own} == own


def test_picture_says_how_its_letters_are_written() -> None:
    answer = _answered(HttpResponse("<svg/>", content_type="image/svg+xml"), secure=False)
    assert answer["Content-Type"] == "image/svg+xml; charset=utf-8"


def test_answer_over_https_asks_for_https_alone_and_one_over_http_does_not(settings) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    told = _answered(HttpResponse("x"), secure=True)["Strict-Transport-Security"]
    assert told == "max-age=31536000; includeSubDomains; preload"
    assert "Strict-Transport-Security" not in _answered(HttpResponse("x"), secure=False)


def test_nothing_answers_before_the_headers_are_seen_to() -> None:
    """Static files neither: WhiteNoise stands further in."""
    first = ["csp.middleware.CSPMiddleware", "dashboard.http.browser_headers.BrowserHeaders"]
    assert django_settings.MIDDLEWARE[:2] == first


WITHOUT_DJANGO: dict[str, Callable[[], bytes]] = {
    "stream": lambda: messages.head(0.0, 1000),
    "no stream": messages.refusal,
    "refusal of the server": lambda: Gateway(SimpleNamespace(cfg=Config())).refusal(413),
}


@pytest.mark.parametrize("head", WITHOUT_DJANGO.values(), ids=WITHOUT_DJANGO)
def test_head_that_is_written_without_django_says_so_too(head: Callable[[], bytes], settings) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    lines = head().partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert "Strict-Transport-Security: max-age=31536000" in lines
    assert f"Content-Security-Policy: {NO_PAGE}" in lines
    assert {"X-Content-Type-Options: nosniff", "Cross-Origin-Resource-Policy: same-origin"} <= set(lines)


def test_no_route_is_kept_by_browsers_or_answers_to_trace(store: Store) -> None:
    world = World(store)
    names, bearer = world.names(Reader.ADMIN), world.bearer(Reader.ADMIN)
    visitor = Visitor(store, world.admin)
    asked = [row.path.format(**names) for rows in ROWS.values() for row in rows if row.method == "GET"]
    for path in asked:
        headers = {"Authorization": f"Bearer {bearer}"} if path.startswith("/api/") else {}
        answer = visitor.get(path, **headers)
        assert answer.status_code != 200 or answer["Cache-Control"] == "no-store", path
        assert visitor.client.generic("TRACE", path, headers=headers).status_code in (404, 405), path
