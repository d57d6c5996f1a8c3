"""Where a fault happens: a server, its store, a team with a connection, and what its workers hold of the machine."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from storage.store import Store, open_store
from tests.real_server import EMAIL, PASSWORD, ROOT, SECRET, Server


@dataclass(frozen=True)
class Usage:
    """Of all workers: open sockets, open files, resident megabytes."""

    sockets: int
    files: int
    megabytes: float


class SoakServer(Server):
    """A server into which faults can be put. `storage_url`: if not a file in the folder."""

    def __init__(self, folder: Path, *, workers: int = 2, storage_url: str = "") -> None:
        self.control = folder / "control"
        self.control.mkdir(exist_ok=True)
        self.before: tuple[str, ...] = ()
        super().__init__(folder, workers)
        self.workers = workers
        self.environment |= {
            "SOAK_CONTROL": str(self.control),
            "BIGTRANSIT_SECRET_KEY": "a-signing-key-that-only-this-suite-uses",
        }
        if storage_url:
            self.environment["BIGTRANSIT_STORAGE_URL"] = storage_url

    def _manage(self, *arguments: str) -> None:
        for tries_left in (2, 1, 0):
            try:
                super()._manage(*arguments)
            except subprocess.CalledProcessError as error:
                # A store that is elsewhere may take longer on a busy machine than a server waits for it.
                if not tries_left:
                    raise AssertionError(error.stderr.decode()[-2000:]) from error
            else:
                return

    @property
    def storage_url(self) -> str:
        return self.environment["BIGTRANSIT_STORAGE_URL"]

    @property
    def store_file(self) -> Path:
        return Path(self.storage_url.removeprefix("sqlite:///"))

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        command = [*self.before, sys.executable, "-m", "gunicorn", "--config", "tests/soak/gunicorn.conf.py"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def start(self) -> None:
        self._manage("prepare_store")
        self.start_again()

    def start_again(self) -> None:
        """On a store that is prepared."""
        self.launch()
        await_that(self._answers, 30, lambda: self.log.read_text()[-4000:])

    def stop(self) -> None:
        self.kill(signal.SIGTERM)

    def say(self, name: str, value: str = "") -> None:
        """To the workers, by a file of the control folder; an empty word takes it back."""
        if value:
            kept = self.control / f".{name}"
            kept.write_text(value)
            kept.rename(self.control / name)
        else:
            (self.control / name).unlink(missing_ok=True)

    def worker_ids(self) -> list[int]:
        assert self.process is not None
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(word) for word in found.split() if not _is_dead(int(word))]

    def usage(self) -> Usage:
        sockets = files = kilobytes = 0
        for worker in self.worker_ids():
            for link in Path(f"/proc/{worker}/fd").iterdir():
                try:
                    name = str(link.readlink())
                except OSError:
                    continue
                sockets += name.startswith("socket:")
                files += not name.startswith("socket:")
            words = Path(f"/proc/{worker}/status").read_text().split()
            kilobytes += int(words[words.index("VmRSS:") + 1])
        return Usage(sockets, files, kilobytes / 1024)


@dataclass
class Place:
    """is_warm: whether its workers have once done what makes them keep something."""

    server: SoakServer
    team_id: str
    connection_id: str
    is_warm: bool = False

    @cached_property
    def cookie(self) -> str:
        """The Cookie header of somebody who has signed in by the form."""
        return sign_in(self.server.port)

    def open_streams(self, count: int) -> list[socket.socket]:
        """Of the board. Nothing is read."""
        line = f"GET /live/team:{self.team_id} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self.cookie}\r\n\r\n"
        found = []
        for _ in range(count):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            sock.connect(("127.0.0.1", self.server.port))
            sock.sendall(line.encode())
            found.append(sock)
        return found

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Another process's view of it."""
        found = open_store(self.server.storage_url)
        try:
            yield found
        finally:
            found.table.engine.close()


def _is_dead(process: int) -> bool:
    """Gone, or not yet taken note of by its parent."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def sign_in(port: int) -> str:
    form = HTTPConnection("127.0.0.1", port, timeout=10)
    form.request("GET", "/login")
    answer = form.getresponse()
    answer.read()
    csrf = str(answer.getheader("Set-Cookie")).partition(";")[0]
    fields = {"email": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": csrf.partition("=")[2]}
    headers = {"Cookie": csrf, "Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}
    form.request("POST", "/login", urlencode(fields), headers)
    answer = form.getresponse()
    answer.read()
    form.close()
    session = re.search(r"bt_session=[^;]+", str(answer.headers))
    assert session, answer.status
    return session.group()


def settled_place(server: SoakServer) -> Place:
    """A started server with a team and a connection of GitHub's."""
    server.start()
    team: dict[str, Any] = server.api("POST", "/teams", {"name": "Payments"})
    made = server.api("POST", f"/teams/{team['id']}/connections", {"source": "github", "secret": SECRET})
    return Place(server, team["id"], made["id"])


def await_that(is_so: Callable[[], object], seconds: float, words: Callable[[], str] = lambda: "") -> float:
    """Wait for it, and say for how many seconds. Raises AssertionError after `seconds`."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not within {seconds} s {words()}")
        time.sleep(0.02)
    return time.monotonic() - began
