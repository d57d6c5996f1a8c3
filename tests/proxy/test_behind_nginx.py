"""What works behind the proxy that docs/operations.md describes, and what is said where it is not set up right."""

from __future__ import annotations

import html
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.proxy.browsing import Client
from tests.proxy.nginx import HOST, NGINX, Nginx
from tests.real_server import EMAIL, PASSWORD, ROOT, SECRET, TOKEN, Server, ago, free_port, run_event, signed_github

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
CHECKED = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


class Behind:
    """A server of one process behind nginx."""

    def __init__(self, folder: Path, changes: dict[str, str] | None = None, **environment: str) -> None:
        self.server = Server(folder, workers=1)
        self.server.environment |= {"BIGTRANSIT_ALLOWED_HOSTS": f"{HOST},127.0.0.1", **environment}
        self.nginx = Nginx(folder, free_port(), self.server.port, changes)
        self.server.start()
        self.nginx.start()

    def client(self, address: str = "127.0.0.1") -> Client:
        return Client(self.nginx.port, address)

    def stop(self) -> None:
        self.nginx.stop()
        self.server.kill(signal.SIGTERM)


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    found = Behind(
        tmp_path_factory.mktemp("behind"),
        BIGTRANSIT_BASE_URL=f"https://{HOST}",
        BIGTRANSIT_TRUSTED_PROXIES="127.0.0.1",
    )
    yield found
    found.stop()


@pytest.fixture(scope="module")
def misled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """With an http base URL and nobody named, as it is before anybody has read about proxies."""
    found = Behind(tmp_path_factory.mktemp("misled"), BIGTRANSIT_BASE_URL=f"http://{HOST}")
    yield found
    found.stop()


def test_person_signs_in_with_cookies_for_https_alone(behind: Behind) -> None:
    client = behind.client()
    assert client.sign_in(EMAIL, PASSWORD).status == 302
    assert "__Host-bt_session" in client.cookies
    page = client.ask("GET", "/")
    assert page.status == 200
    assert page.headers["Strict-Transport-Security"]


def test_strangers_wrong_passwords_lock_nobody_out(behind: Behind) -> None:
    for _ in range(10):
        assert behind.client("127.0.9.1").sign_in(EMAIL, "not the password").status == 400
    assert behind.client("127.0.9.1").sign_in(EMAIL, PASSWORD).status == 429
    assert behind.client("127.0.0.7").sign_in(EMAIL, PASSWORD).status == 302


def test_audit_log_names_the_persons_address(behind: Behind) -> None:
    client = behind.client("127.0.7.7")
    assert client.sign_in(EMAIL, PASSWORD).status == 302
    assert "127.0.7.7" in client.ask("GET", "/manage/audit").text


def test_chunked_webhook_and_form_arrive(behind: Behind) -> None:
    client = behind.client()
    team = json.loads(client.ask("POST", "/api/v1/teams", b'{"name":"Checkout"}', CHECKED).text)
    made = json.dumps({"source": "github", "secret": SECRET}).encode()
    connection = json.loads(client.ask("POST", f"/api/v1/teams/{team['id']}/connections", made, CHECKED).text)
    assert connection["webhookUrl"].startswith(f"https://{HOST}/hooks/github/")
    raw, headers = signed_github(run_event(1, "in_progress", None, ago(2), ago(1)))
    sent = client.ask(
        "POST", f"/hooks/github/{connection['id']}", [raw[:100], raw[100:]],
        {**headers, "Transfer-Encoding": "chunked"}, chunked=True,
    )  # fmt: skip
    assert (sent.status, json.loads(sent.text)["status"]) == (202, "accepted")


def test_stream_is_not_buffered(behind: Behind) -> None:
    client = behind.client()
    client.sign_in(EMAIL, PASSWORD)
    stream = re.search(r'hx-sse:connect="([^"]+)"', client.ask("GET", "/").text)
    assert stream is not None
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    with closing(client.connect()) as connection:
        connection.request("GET", html.unescape(stream[1]), headers={"Host": HOST, "Cookie": cookie})
        with connection.getresponse() as answer:
            assert answer.status == 200
            assert answer.headers.get_content_type() == "text/event-stream"
            assert answer.readline()


def test_api_over_http_is_refused_at_the_server_itself(behind: Behind) -> None:
    with pytest.raises(OSError, match="403"):
        behind.server.api("GET", "/teams")


def test_http_base_url_behind_tls_names_the_setting(misled: Behind) -> None:
    answer = misled.client().sign_in(EMAIL, PASSWORD)
    assert answer.status == 403
    assert f"must set BIGTRANSIT_BASE_URL=https://{HOST}" in answer.text


def test_proxy_that_is_not_named_is_told_by_log_start_and_doctor(misled: Behind) -> None:
    misled.client().ask("GET", "/login")
    advice = "BIGTRANSIT_TRUSTED_PROXIES=127.0.0.1"
    assert advice in misled.server.log.read_text()
    misled.server.kill(signal.SIGTERM)
    length = len(misled.server.log.read_text())
    misled.server.start()
    assert advice in misled.server.log.read_text()[length:]
    told = subprocess.run(
        [sys.executable, "manage.py", "doctor"], cwd=ROOT, env=misled.server.environment, capture_output=True, text=True
    )
    assert advice in told.stdout


@pytest.mark.parametrize("forwarded", ["$remote_addr:$remote_port", "[::ffff:$remote_addr]:$remote_port"])
def test_ports_and_brackets_tell_people_apart(behind: Behind, tmp_path: Path, forwarded: str) -> None:
    changes = {"$proxy_add_x_forwarded_for": f'"{forwarded}"'}
    nginx = Nginx(tmp_path, free_port(), behind.server.port, changes)
    nginx.start()
    try:
        for _ in range(10):
            Client(nginx.port, "127.0.3.1").sign_in("nobody@example.com", "not the password")
        assert Client(nginx.port, "127.0.3.1").sign_in("nobody@example.com", "not the password").status == 429
        assert Client(nginx.port, "127.0.3.2").sign_in("nobody@example.com", "not the password").status == 400
    finally:
        nginx.stop()
