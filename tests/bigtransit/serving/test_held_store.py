"""A store whose write turn somebody keeps: pages go on, and webhooks are told to come again."""

from __future__ import annotations

import fcntl
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.real_server import SECRET, TOKEN, Server, ago, run_event, signed_github

# Ten times what is measured.
PAGE_SECONDS, HOOK_SECONDS = 10.0, 40.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(Path(tmp_path_factory.mktemp("held")), workers=1)
    found.start()
    yield found
    found.kill()


def post(server: Server, connection: str, run: int) -> tuple[int, Message | None, float]:
    raw, headers = signed_github(run_event(run, "in_progress", None, ago(1), ago(1)))
    request = urllib.request.Request(f"{server.url}/hooks/github/{connection}", raw, headers)
    began = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, time.monotonic() - began
    except HTTPError as error:
        with error:
            return error.code, error.headers, time.monotonic() - began


def test_held_write_turn_stops_no_page_and_loses_no_event(server: Server) -> None:
    team = server.api("POST", "/teams", {"name": "Held"})
    connection = server.api("POST", f"/teams/{team['id']}/connections", {"source": "github", "secret": SECRET})["id"]
    assert post(server, connection, 1)[0] == 202
    store = server.environment["BIGTRANSIT_STORAGE_URL"].removeprefix("sqlite:///")
    with Path(f"{store}.lock").open("r+") as lock, ThreadPoolExecutor(12) as threads:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            posts = [threads.submit(post, server, connection, run) for run in range(2, 14)]
            pages = []
            while not all(one.done() for one in posts):
                began = time.monotonic()
                request = urllib.request.Request(
                    f"{server.url}/api/v1/teams", headers={"Authorization": f"Bearer {TOKEN}"}
                )
                with urllib.request.urlopen(request, timeout=60) as answer:
                    assert answer.status == 200
                pages.append(time.monotonic() - began)
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)
    answers = [one.result() for one in posts]
    assert {status for status, _, _ in answers} == {503}
    assert all(headers is not None and headers["Retry-After"] for _, headers, _ in answers)
    assert max(seconds for _, _, seconds in answers) < HOOK_SECONDS
    assert len(pages) > 3
    assert max(pages) < PAGE_SECONDS
    assert post(server, connection, 2)[0] == 202
