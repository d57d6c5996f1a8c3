"""The server on a machine whose every file system is read-only, but for one folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.bigtransit.starting import MANAGE, ROOT, environment

# In a mount namespace of its own: $1 is what can still be written.
SCRIPT = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
for place in $(findmnt --noheadings --list --output TARGET); do
  case "$place" in "$1"|/proc*|/sys*) ;; *) mount -o remount,bind,ro "$place" ;; esac
done
shift
if touch /tmp/x 2>/dev/null || touch /dev/shm/x 2>/dev/null; then echo "still writable"; exit 1; fi
exec "$@"
"""
NAMESPACE = ("unshare", "--mount", "bash", "-c", SCRIPT, "read-only")


def need_mounts(folder: Path) -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root can mount, with unshare (util-linux)")
    tried = subprocess.run([*NAMESPACE, str(folder), "true"], capture_output=True, text=True, timeout=30)
    if tried.returncode != 0:
        pytest.skip(f"mounts are not permitted here: {tried.stdout}{tried.stderr}")


@contextmanager
def serving(var: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    told = environment(PORT=str(port), BIGTRANSIT_VAR=str(var), BIGTRANSIT_WORKERS="1", BIGTRANSIT_STATIC_ROOT=str(var))
    process = subprocess.Popen(
        [*NAMESPACE, str(var), *MANAGE, "run"], cwd=ROOT, env=told, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_server_runs_where_only_its_folder_can_be_written(tmp_path: Path) -> None:
    need_mounts(tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with serving(tmp_path, port) as process:
        assert ready(port, process)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            assert answer.status == 200
    assert (tmp_path / "bigtransit.db").exists()


def ready(port: int, process: subprocess.Popen[str]) -> bool:
    """Within half a minute."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(process.communicate()[0])
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
    return False
