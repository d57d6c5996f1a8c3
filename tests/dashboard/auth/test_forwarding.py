"""What proxies say is believed of those that are named, and of nobody else."""

from __future__ import annotations

import logging
from ipaddress import ip_network
from unittest.mock import Mock

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from dashboard.auth.forwarding import Forwarding, UnbelievedProxies, unbelieved_proxies
from storage.errors import Unavailable
from storage.store import Store

PROXY, STRANGER = "10.0.0.1", "203.0.113.5"
SAID = {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "transit.example"}


@pytest.fixture(autouse=True)
def _behind_tls(settings) -> None:
    settings.TRUSTED_PROXIES = (ip_network("10.0.0.0/8"),)
    settings.BASE_URL, settings.SECURE_SSL_REDIRECT = "https://transit.example", True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ALLOWED_HOSTS = ["transit.example", "testserver"]
    unbelieved_proxies.forget()


def passed_on(peer: str, path: str = "/", **headers: str) -> tuple[HttpRequest | None, HttpResponse]:
    """The request as the next middleware sees it, and the answer."""
    seen: list[HttpRequest] = []

    def next_one(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse("next")

    said = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = Forwarding(next_one)(RequestFactory().get(path, headers=said, REMOTE_ADDR=peer))
    return (seen[0] if seen else None), answer


def test_named_proxy_says_scheme_and_host(store: Store) -> None:
    request, _ = passed_on(PROXY, **SAID)
    assert request is not None
    assert request.is_secure()
    assert request.get_host() == "transit.example"


def test_what_anybody_else_forwards_is_taken_away(store: Store) -> None:
    request, _ = passed_on(STRANGER, **{**SAID, "X-Forwarded-Proto": "http", "Forwarded": "for=1.2.3.4"})
    assert request is not None
    assert not request.is_secure()
    assert request.get_host() == "testserver"
    assert not [name for name in request.META if "FORWARDED" in name]
    assert "X-Forwarded-For" not in request.headers


def test_host_that_a_proxy_forwards_is_checked_like_any_other(store: Store) -> None:
    said = {**SAID, "X-Forwarded-Host": "evil.example"}
    assert Client().get("/login", headers=said, REMOTE_ADDR=PROXY).status_code == 400


def test_page_over_http_is_redirected(store: Store) -> None:
    answer = Client().get("/login", REMOTE_ADDR=STRANGER)
    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/login")


@pytest.mark.parametrize("path", ["/api/v1/teams", "/hooks/github/x"])
def test_secret_that_came_over_http_is_refused_not_redirected(store: Store, path: str) -> None:
    answer = Client().get(path, headers={"Authorization": "Bearer bt_x"}, REMOTE_ADDR=STRANGER)
    assert answer.status_code == 403
    assert answer.json()["code"] == "https_only"


def test_page_over_tls_of_an_unnamed_proxy_says_which_setting_is_missing(store: Store) -> None:
    answer = Client().get("/login", headers=SAID, REMOTE_ADDR="172.18.0.2")
    assert answer.status_code == 403
    assert "BIGTRANSIT_TRUSTED_PROXIES=172.18.0.2" in answer.content.decode()


def test_unbelieved_proxy_is_told_and_remembered(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        passed_on("172.18.0.2", X_Forwarded_For="1.2.3.4")
    assert "BIGTRANSIT_TRUSTED_PROXIES=172.18.0.2" in caplog.text
    seen = store.proxies.find_unbelieved()
    assert seen is not None
    assert (seen.address, seen.header) == ("172.18.0.2", "X-Forwarded-For")


def test_strangers_cost_one_write_an_hour_and_hide_no_near_proxy(store: Store) -> None:
    now = [0.0]
    proxies = UnbelievedProxies(lambda: now[0])
    written = []
    store.proxies.note = lambda address, header: written.append(address)  # type: ignore[method-assign]
    for number in range(50):
        proxies.note(f"8.8.8.{number}", "X-Forwarded-For")
    proxies.note("172.18.0.2", "X-Forwarded-For")
    proxies.note("unix:", "X-Forwarded-For")
    assert written == ["8.8.8.0", "172.18.0.2"]
    now[0] = 3600.0
    proxies.note("172.18.0.3", "X-Forwarded-For")
    assert written[2:] == ["172.18.0.3"]


def test_store_that_takes_nothing_does_not_stop_the_request(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    store.proxies.note = Mock(side_effect=Unavailable("gone"))  # type: ignore[method-assign]
    request, _ = passed_on("172.18.0.2", X_Forwarded_For="1.2.3.4")
    assert request is not None
    assert "could not be noted" in caplog.text


def test_note_is_forgotten_after_a_week(store: Store) -> None:
    store.proxies.note("172.18.0.2", "X-Forwarded-For")
    store.table.now = lambda: store.now() + 8 * 24 * 3_600_000
    assert store.proxies.find_unbelieved() is None
