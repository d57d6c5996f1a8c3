"""Forms that are not believed: each reason has its own words, and only one of them is that the form expired."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dashboard.auth.passwords import create_user
from storage.errors import Unavailable
from storage.store import Store
from tests.factories import BY


@pytest.fixture
def client(settings, store: Store) -> Client:
    settings.BASE_URL, settings.SECURE_SSL_REDIRECT = "http://testserver", False
    settings.SECURE_PROXY_SSL_HEADER = None
    create_user("ada@example.com", "right horse battery", BY)
    client = Client(enforce_csrf_checks=True)
    client.get("/login")
    return client


def posted(client: Client, **headers: str) -> str:
    answer = client.post("/login?next=/search", {"email": "x@y.io", "password": "x"}, headers=headers)
    assert answer.status_code == 403
    return str(answer.content.decode())


def test_http_base_url_behind_tls_names_the_setting(client: Client) -> None:
    words = posted(client, Origin="https://testserver")
    assert "its operator must set BIGTRANSIT_BASE_URL=https://testserver" in words
    assert "expired" not in words


def test_another_site_is_named(client: Client) -> None:
    words = posted(client, Origin="http://evil.example")
    assert "sent from http://evil.example, and this server is at http://testserver" in words
    assert "Your browser does not say from where" in posted(client, Origin="null")


def test_browser_without_cookies_is_told_so(client: Client) -> None:
    client.cookies.clear()
    assert "Allow cookies for this address" in posted(client)


def test_form_that_expired_is_called_that(client: Client) -> None:
    assert "Form expired" in posted(client)


def test_sign_in_in_a_second_window_goes_on(client: Client, store: Store) -> None:
    token = client.cookies["bt_csrf"].value
    sent = {"email": "ada@example.com", "password": "right horse battery", "csrfmiddlewaretoken": token}
    assert client.post("/login", sent).status_code == 302
    again = client.post("/login?next=/search", sent)
    assert (again.status_code, again["Location"]) == (302, "/search")
    client.cookies["bt_session"] = "gone"
    assert client.post("/login?next=/search", sent).status_code == 403


def test_file_that_no_form_asks_for_is_kept_nowhere(client: Client, tmp_path: Path, settings) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    client.handler.enforce_csrf_checks = False
    made_up = SimpleUploadedFile("made-up.bin", b"x" * 5_000_000)
    answer = client.post("/login", {"email": "ada@example.com", "password": "wrong", "file": made_up})
    assert answer.status_code == 400
    assert not answer.wsgi_request.FILES
    assert list(tmp_path.iterdir()) == []


def test_store_that_is_away_leaves_the_form_expired(client: Client, store: Store) -> None:
    token = client.cookies["bt_csrf"].value
    sent = {"email": "ada@example.com", "password": "right horse battery", "csrfmiddlewaretoken": token}
    assert client.post("/login", sent).status_code == 302
    store.users.arrive = Mock(side_effect=Unavailable("away"))  # type: ignore[method-assign]
    assert "Form expired" in client.post("/login", sent).content.decode()
    assert store.users.arrive.called
