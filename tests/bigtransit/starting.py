"""Starts as people try them: by another user, on files of root's, on file systems that cannot be written."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65_534
MANAGE = (sys.executable, "manage.py")
READS = "-all,+dac_read_search"
IDS = (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
AS_NOBODY = ("setpriv", *IDS, f"--inh-caps={READS}", f"--ambient-caps={READS}", "--")
GUNICORN = (sys.executable, "-m", "gunicorn", "--config", "bigtransit/gunicorn.conf.py")


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BIGTRANSIT_") and name != "HOST"}
    return {**kept, "DJANGO_SETTINGS_MODULE": "bigtransit.settings", **more}


def start(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """What it printed and how it ended."""
    return subprocess.run(command, cwd=ROOT, env=environment(**more), capture_output=True, text=True, timeout=60)


def start_as_nobody(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """As a user who may read everything, since the interpreter lies in root's home on some machines, and who writes
    what belongs to them alone."""
    return start(*AS_NOBODY, *command, **more)


def assert_one_sentence(done: subprocess.CompletedProcess[str], *named: str) -> None:
    said = [line for line in done.stderr.splitlines() if "Starting gunicorn" not in line]
    assert done.returncode != 0
    assert len(said) == 1, done.stderr
    for name in named:
        assert name in said[0]


@contextmanager
def folder_for_all() -> Iterator[Path]:
    """Pytest's own folders are closed to others."""
    with tempfile.TemporaryDirectory(prefix="bigtransit-start-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@lru_cache(maxsize=1)
def _why_nobody_else() -> str:
    if os.geteuid() != 0:
        return "only root can try another user"
    if shutil.which("setpriv") is None:
        return "setpriv (util-linux) is not installed"
    done = start(*AS_NOBODY, sys.executable, "-c", "import os; print(os.getuid())")
    return "" if done.stdout == f"{NOBODY}\n" else f"another user cannot start Python: {done.stderr}"


def need_another_user() -> None:
    if why := _why_nobody_else():
        pytest.skip(why)


def as_nobody(do: Callable[[], object]) -> str:
    """What `do` ends with in a process of another user, who reads nothing of root's either."""
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            do()
        except BaseException as end:
            os.write(writer, str(end).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as said:
        answer = said.read()
    os.waitpid(child, 0)
    return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(command: Sequence[str], folder: Path, port: int, **more: str) -> Iterator[str]:
    """Its address, once it is ready; what it said, where that is not within half a minute."""
    url, log = f"http://127.0.0.1:{port}", folder / "server.log"
    told = environment(PORT=str(port), BIGTRANSIT_WORKERS="1", **more)
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, env=told, stdout=said, stderr=said, start_new_session=True)
    try:
        until = time.monotonic() + 30
        while not _is_ready(url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        yield url
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
