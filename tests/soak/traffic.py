"""What CI tools send: the story of run after run, each post with its delivery, and what was answered."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from dashboard.sources import SOURCES
from storage.model.events import AnyEvent
from tests.real_server import ago, job_event, run_event, signed_github

RUNS = itertools.count(1)
# Pauses between posts, so that the machine is not the fault.
PAUSE_SECONDS = 0.02
SENDER_GIVES_UP = 10.0


@dataclass(frozen=True)
class Post:
    run: str
    key: str
    body: bytes
    headers: dict[str, str]

    def events(self) -> Sequence[AnyEvent]:
        headers = {name.lower(): value for name, value in self.headers.items()}
        return SOURCES["github"].parse(headers, self.body).events


def story() -> list[Post]:
    """A run from its beginning to its end, in order."""
    run, began = next(RUNS), ago(5)
    job = run * 10
    told: list[tuple[str, dict[str, Any]]] = [
        ("workflow_run", run_event(run, "queued", None, began, began)),
        ("workflow_job", job_event(run, job, "build", "queued", None, began, None)),
        ("workflow_run", run_event(run, "in_progress", None, began, ago(4))),
        ("workflow_job", job_event(run, job, "build", "in_progress", None, ago(4), None)),
        ("workflow_job", job_event(run, job, "build", "completed", "success", ago(4), ago(3))),
        ("workflow_job", job_event(run, job + 1, "deploy", "completed", "failure", ago(3), ago(2))),
        ("workflow_run", run_event(run, "completed", "failure", began, ago(2))),
    ]
    return [_post(run, number, event, body) for number, (event, body) in enumerate(told)]


def _post(run: int, number: int, event: str, body: dict[str, Any]) -> Post:
    key = f"{run:08x}-0000-4000-8000-{number:012x}"
    raw, headers = signed_github(body, event, key)
    return Post(str(run), key, raw, headers)


@dataclass
class Traffic:
    """Posts to one connection over the servers at these ports, in turn."""

    connection_id: str
    ports: list[int]
    acknowledged: list[Post] = field(default_factory=list)
    unsent: list[Post] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def refused(self) -> int:
        """Answers that told a sender to try again, and those that never came."""
        return sum(count for code, count in self.codes.items() if code not in (200, 202))

    def send(self, post: Post, port: int = 0) -> int:
        """The answer's code; 0 where none came."""
        began = time.monotonic()
        code = self._ask(post, port or self.ports[int(post.key[-1], 16) % len(self.ports)])
        with self._lock:
            self.codes[code] += 1
            self.slowest = max(self.slowest, time.monotonic() - began)
            (self.acknowledged if code in (200, 202) else self.unsent).append(post)
        return code

    def _ask(self, post: Post, port: int) -> int:
        connection = HTTPConnection("127.0.0.1", port, timeout=SENDER_GIVES_UP)
        try:
            path = f"/hooks/github/{self.connection_id}"
            connection.request("POST", path, post.body, {**post.headers, "Connection": "close"})
            answer = connection.getresponse()
            body = json.loads(answer.read() or b"{}")
        except (OSError, HTTPException, ValueError):
            return 0
        finally:
            connection.close()
        # What was ignored was not taken.
        return 0 if body.get("status") == "ignored" else answer.status

    def burst(self, runs: int) -> None:
        """So many runs at once, each told in order."""
        threads = [threading.Thread(target=self._tell) for _ in range(runs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _tell(self) -> None:
        for post in story():
            self.send(post)

    @contextmanager
    def running(self, senders: int = 2) -> Iterator[None]:
        """Runs keep coming meanwhile."""
        stopping = threading.Event()

        def go_on() -> None:
            while not stopping.is_set():
                for post in story():
                    self.send(post)
                    stopping.wait(PAUSE_SECONDS)

        threads = [threading.Thread(target=go_on) for _ in range(senders)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stopping.set()
            for thread in threads:
                thread.join()

    def send_again(self, seconds: float = 120.0) -> None:
        """As tools do, until all is taken. Raises AssertionError."""
        until = time.monotonic() + seconds
        while self.unsent:
            assert time.monotonic() < until, f"{len(self.unsent)} posts are still not taken: {self.codes}"
            unsent, self.unsent = self.unsent, []
            with ThreadPoolExecutor(4) as senders:
                list(senders.map(self.send, unsent))
