"""The real server: what reaches the application, and that clients who get stuck keep nobody else."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.real_server import SECRET, Server, ago, run_event, signed_github
from tests.slow_clients import KINDS, Good, raise_descriptor_limit, stuck

# CI asks for liveness, with ten times the figures that are measured (python -m tests.slow_clients).
HOOK_SECONDS, PAGE_SECONDS = 5.0, 10.0
EACH = 300


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(Path(tmp_path_factory.mktemp("serving")))
    found.start()
    yield found
    log = found.log.read_text()
    found.kill()
    assert "WORKER TIMEOUT" not in log
    assert "Traceback" not in log


def ask(server: Server, data: bytes) -> bytes:
    """All that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        sock.sendall(data)
        found = b""
        while piece := sock.recv(65_536):
            found += piece
        return found


def request(line: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    told = {"Host": "127.0.0.1", "Connection": "close", **headers}
    lines = [f"{line} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def chunked(body: bytes) -> bytes:
    pieces = [body[at : at + 100] for at in range(0, len(body), 100)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@pytest.fixture(scope="module")
def hook(server: Server) -> str:
    team = server.api("POST", "/teams", {"name": "Chunks"})
    made: dict[str, Any] = server.api(
        "POST", f"/teams/{team['id']}/connections", {"source": "github", "secret": SECRET}
    )
    return f"/hooks/github/{made['id']}"


def test_chunked_webhook_is_taken_as_one_with_a_length(server: Server, hook: str) -> None:
    body, headers = signed_github(run_event(71, "in_progress", None, ago(1), ago(1)))
    told = request(f"POST {hook}", {**headers, "Transfer-Encoding": "chunked"}, chunked(body))
    assert ask(server, told).startswith(b"HTTP/1.1 202")
    forged = request(f"POST {hook}", {**headers, "Transfer-Encoding": "chunked"}, chunked(body + b" "))
    assert ask(server, forged).startswith(b"HTTP/1.1 401")


def test_chunked_call_of_the_api_and_form_are_read(server: Server) -> None:
    body = json.dumps({"name": "In chunks"}).encode()
    headers = {
        "Authorization": "Bearer " + "t" * 40,
        "Content-Type": "application/json",
        "Transfer-Encoding": "chunked",
    }
    assert ask(server, request("POST /api/v1/teams", headers, chunked(body))).startswith(b"HTTP/1.1 201")
    form = {"Content-Type": "application/x-www-form-urlencoded", "Transfer-Encoding": "chunked"}
    # Read, and refused for what it lacks.
    assert ask(server, request("POST /login", form, chunked(b"email=x"))).startswith(b"HTTP/1.1 403")


def test_body_without_a_length_or_chunks_is_411(server: Server, hook: str) -> None:
    assert ask(server, request(f"POST {hook}", {})).startswith(b"HTTP/1.1 411")


@pytest.mark.parametrize(
    ("line", "length"),
    [
        ("POST /login", 300_000_000),
        ("POST /api/v1/teams", 65_537),
        ("GET /login", 1025),
        ("POST /hooks/github/x", 5_242_881),
    ],
)
def test_body_that_is_too_long_is_refused_before_any_of_it_is_asked_for(server: Server, line: str, length: int) -> None:
    told = request(line, {"Content-Length": str(length), "Expect": "100-continue", "Connection": "keep-alive"})
    assert ask(server, told).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("headers", [{"Content-Length": "3", "Transfer-Encoding": "chunked"}, {"Content-Length": "x"}])
def test_length_beside_chunks_and_lengths_that_are_none_are_400(server: Server, headers: dict[str, str]) -> None:
    assert ask(server, request("POST /login", headers, b"0\r\n\r\n")).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("host", ["127.0.0.1", "elsewhere.example", "a b", "-" * 5000])
def test_liveness_is_told_whatever_the_host_header_says(server: Server, host: str) -> None:
    found = ask(server, request("GET /healthz", {"Host": host}))
    assert found.startswith(b"HTTP/1.1 200")
    assert found.endswith(b'{"status": "up"}')


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Transfer-Encoding": "xchunked"}, b"400"),
        ({"Transfer-Encoding": ""}, b"400"),
        ({"Expect": "200-ok"}, b"417"),
        ({f"X-{number}": "y" for number in range(150)}, b"431"),
        ({"N(a)me": "x"}, b"400"),
    ],
)
def test_head_that_cannot_be_read_is_never_called_a_fault_of_ours(
    server: Server, headers: dict[str, str], code: bytes
) -> None:
    found = ask(server, request("POST /login", {"Content-Length": "0", **headers}))
    assert found.startswith(b"HTTP/1.1 " + code)
    assert json.loads(found.partition(b"\r\n\r\n")[2])["message"]


def test_later_minor_version_is_answered_in_the_latest_that_is_known(server: Server) -> None:
    assert ask(server, b"GET /login HTTP/1.2\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").startswith(
        b"HTTP/1.1 200"
    )


def test_head_is_answered_without_a_body_and_without_a_word_in_the_log(server: Server) -> None:
    head, _, body = ask(server, request("HEAD /login", {})).partition(b"\r\n\r\n")
    assert (head[:12], body) == (b"HTTP/1.1 200", b"")
    assert b"Content-Length: " in head
    assert "no-body response" not in server.log.read_text()


def test_where_it_is_mounted_is_nobodys_to_say(server: Server) -> None:
    assert b"/evil" not in ask(server, request("GET /", {"Script_Name": "/evil", "Script-Name": "/evil"}))


def test_clients_that_get_stuck_in_any_way_keep_nobody_else(server: Server) -> None:
    raise_descriptor_limit()
    good = Good(server)
    for addresses in (1, 60):
        with stuck(server.port, list(KINDS), EACH // len(KINDS), addresses) as count:
            assert count > EACH * 0.9
            times = good.measure(5)
            assert max(times.hooks) < HOOK_SECONDS
            assert max(times.pages) < PAGE_SECONDS
            assert max(times.alive) < HOOK_SECONDS
