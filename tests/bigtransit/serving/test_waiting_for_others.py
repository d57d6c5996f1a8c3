"""A provider that hangs and a crowd that signs in: everybody else's pages go on."""

from __future__ import annotations

import http.client
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.real_server import Server, free_port

# Ten times what is measured.
PAGE_SECONDS = 10.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Its provider takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", free_port()), backlog=100) as silent:
        found = Server(Path(tmp_path_factory.mktemp("waiting")), workers=1)
        found.environment |= {
            "BIGTRANSIT_OIDC_ISSUER": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "BIGTRANSIT_OIDC_CLIENT_ID": "bigtransit",
            "BIGTRANSIT_OIDC_CLIENT_SECRET": "secret",
        }
        found.start()
        yield found
        found.kill()


def ask(
    server: Server,
    method: str,
    path: str,
    body: str = "",
    headers: dict[str, str] | None = None,
    host: str = "127.0.0.1",
) -> tuple[int, http.client.HTTPMessage, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120, source_address=(host, 0))
    try:
        connection.request(method, path, body.encode() or None, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def pages_meanwhile(server: Server, crowd: list[Future[tuple[int, http.client.HTTPMessage, str]]]) -> list[float]:
    """How long the sign-in page took, again and again until the crowd is served."""
    took: list[float] = []
    while not took or not all(one.done() for one in crowd):
        began = time.monotonic()
        assert ask(server, "GET", "/login", host="127.0.0.9")[0] == 200
        took.append(time.monotonic() - began)
    return took


def test_provider_that_hangs_keeps_nobody_but_those_who_ask_for_it(server: Server) -> None:
    with ThreadPoolExecutor(24) as threads:
        crowd = [threads.submit(ask, server, "GET", "/login/with/oidc") for _ in range(24)]
        assert max(pages_meanwhile(server, crowd)) < PAGE_SECONDS
    assert {one.result()[0] for one in crowd} == {503}


def test_crowd_that_signs_in_keeps_nobody_else(server: Server) -> None:
    _, headers, form = ask(server, "GET", "/login")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token is not None
    sent = {
        "Cookie": headers["Set-Cookie"].partition(";")[0],
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = urlencode({"email": "x@example.com", "password": "not it at all", "csrfmiddlewaretoken": token[1]})
    with ThreadPoolExecutor(75) as threads:
        crowd = [
            threads.submit(ask, server, "POST", "/login", body, sent, f"127.0.2.{number + 1}") for number in range(75)
        ]
        assert max(pages_meanwhile(server, crowd)) < PAGE_SECONDS
    answers = [one.result() for one in crowd]
    assert {status for status, _, _ in answers} <= {400, 429, 503}
    refused = [headers for status, headers, _ in answers if status == 503]
    assert refused
    assert all(headers["Retry-After"] for headers in refused)
