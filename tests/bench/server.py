"""The real server under gunicorn, somebody signed in, and the few things that are asked of it by hand."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[2]
EMAIL, PASSWORD, TOKEN = "bench@example.com", "a-long-enough-password", "bench" * 8
START_SECONDS = 30
COST = re.compile(r"calls=(\d+) rcu=([\d.]+) wcu=([\d.]+)")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one answer, as its Server-Timing header tells."""

    calls: int
    rcu: float
    wcu: float


class Server:
    """folder: for its static files and its log, shared by the servers of one run. threads: None is the default."""

    def __init__(
        self, storage_url: str, folder: Path, *, workers: int, threads: int | None = None, timing: bool = False
    ) -> None:
        self.storage_url = storage_url
        self.port = _free_port()
        self._log = folder / f"server-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BIGTRANSIT_")}
        self.environment = {
            **kept,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            "BIGTRANSIT_STORAGE_URL": storage_url,
            "BIGTRANSIT_SECRET_KEY": "a-signing-key-that-only-benches-use",
            "BIGTRANSIT_ADMIN_EMAIL": EMAIL,
            "BIGTRANSIT_ADMIN_PASSWORD": PASSWORD,
            "BIGTRANSIT_ADMIN_TOKEN": TOKEN,
            "BIGTRANSIT_STATIC_ROOT": str(folder / "static"),
            "BIGTRANSIT_WORKERS": str(workers),
            "BIGTRANSIT_THREADS": str(threads or ""),
            "BIGTRANSIT_SERVER_TIMING": "1" if timing else "",
        }

    def __enter__(self) -> Self:
        if not Path(self.environment["BIGTRANSIT_STATIC_ROOT"]).exists():
            self._manage("collectstatic", "--noinput", "--verbosity", "0")
        self._manage("prepare_store")
        command = [sys.executable, "-m", "gunicorn", "--config", "bigtransit/gunicorn.conf.py"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self._await()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()

    def ask(
        self, path: str, *, method: str = "GET", body: bytes | None = None, send: dict[str, str] | None = None
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, send or {})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        headers: dict[str, str] = {}
        for name, value in answer.getheaders():
            headers[name.lower()] = ", ".join(filter(None, (headers.get(name.lower()), value)))
        return Reply(answer.status, headers, content)

    def sign_in(self) -> str:
        """The Cookie header of somebody who has signed in by the form."""
        form = self.ask("/login")
        csrf = form.headers["set-cookie"].partition(";")[0]
        fields = {"email": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": csrf.partition("=")[2]}
        headers = {"Cookie": csrf, "Content-Type": "application/x-www-form-urlencoded"}
        answer = self.ask("/login", method="POST", body=urlencode(fields).encode(), send=headers)
        session = re.search(r"bt_session=[^;]+", answer.headers.get("set-cookie", ""))
        if answer.status != 302 or session is None:
            raise RuntimeError(f"signing in was answered {answer.status}")
        return session.group()

    def api(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        answer = self.ask(f"/api/v1{path}", method="POST", body=json.dumps(body).encode(), send=headers)
        if answer.status != 201:
            raise RuntimeError(f"{path} was answered {answer.status}: {answer.body.decode()[:200]}")
        found: dict[str, Any] = json.loads(answer.body)
        return found

    @property
    def pid(self) -> int:
        """Of the process that watches over its workers."""
        assert self._process is not None
        return self._process.pid

    def memory_kib(self) -> int:
        """Resident, of all its worker processes."""
        return sum(resident for _, resident in self._workers())

    def processor_seconds(self) -> float:
        """That all its worker processes have worked so far (Linux)."""
        ticks = 0
        for worker, _ in self._workers():
            fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def _workers(self) -> list[tuple[int, int]]:
        """The number of each, and its resident memory in KiB."""
        assert self._process is not None
        command = ["ps", "-A", "-o", "pid=,ppid=,rss="]
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows = [tuple(map(int, line.split())) for line in listed.splitlines()]
        return [(worker, resident) for worker, parent, resident in rows if parent == self._process.pid]

    def descriptors(self) -> int:
        """Open in all its worker processes (Linux)."""
        return sum(len(list(Path(f"/proc/{worker}/fd").iterdir())) for worker, _ in self._workers())

    def _await(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if self.ask("/readyz").status == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"the server did not start:\n{self._log.read_text()}")

    def _manage(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )


def cost_of(reply: Reply) -> Cost:
    found = COST.search(reply.headers.get("server-timing", ""))
    if found is None:
        raise RuntimeError("the answer has no Server-Timing header")
    return Cost(int(found[1]), float(found[2]), float(found[3]))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
