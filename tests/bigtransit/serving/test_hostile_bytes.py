"""Thousands of requests that are wrong as bytes, to the real server: none is a fault of ours, and none hides another.

HOSTILE_SEED and HOSTILE_TIMES draw others, and more.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bigtransit.serving.hostile_bytes import Bytes, Request, ask_all, statuses
from tests.dashboard.hostile.drawing import SEED, TIMES
from tests.real_server import SECRET, Server, ago, run_event

COUNT = 4_500


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(Path(tmp_path_factory.mktemp("hostile")), workers=1)
    found.start()
    yield found
    found.kill()


def wrong_in(request: Request, answer: bytes) -> str:
    """What must not be, in words; empty where all is well."""
    for code, headers in statuses(answer):
        if code >= 500 and not (code == 503 and b"Retry-After: " in headers):
            return f"answered {code}"
        if b"\r\nX: y" in headers or b"Set-Cookie: a=b" in headers:
            return "headers of the sender's"
    if answer and not answer.startswith((b"HTTP/1.1 ", b"HTTP/1.0 ")):
        return "no answer of HTTP"
    if request.secret and b"smuggled" in answer:
        return "answered what was hidden in a body"
    return ""


def test_bytes_that_are_no_right_request_are_no_fault_of_ours(server: Server) -> None:
    team = server.api("POST", "/teams", {"name": "Payments"})
    made = server.api("POST", f"/teams/{team['id']}/connections", {"source": "github", "secret": SECRET})
    draw = Bytes(SEED, [f"/hooks/github/{made['id']}".encode(), b"/manage"])
    requests = [draw.request() for _ in range(COUNT * TIMES)]
    answers = ask_all(server.port, requests)
    wrong = [
        f"{words}: {request.data[:400]!r} {answer[:200]!r}"
        for request, answer in zip(requests, answers, strict=True)
        if (words := wrong_in(request, answer))
    ]
    assert not wrong, f"seed {SEED}, {len(wrong)} faults:\n" + "\n".join(wrong[:9])
    silent = [request.data[:400] for request, answer in zip(requests, answers, strict=True) if not answer]
    # Those alone whose body has not come yet.
    assert len(silent) < len(requests) / 4, silent[:9]
    log = server.log.read_text()
    assert "Traceback" not in log, log[-4_000:]
    assert max(map(len, log.splitlines())) < 5_000
    assert "no-body response" not in log
    assert server.post_github(made["id"], "workflow_run", run_event(1, "in_progress", None, ago(1), ago(1))) == 202
