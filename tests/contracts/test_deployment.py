"""The container's recipe and the systemd unit: what of them can be tried without building or booting."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.bigtransit.starting import ROOT, environment, free_port

UNIT = ROOT / "docs" / "systemd" / "bigtransit.service"
RECIPE = (ROOT / "Dockerfile").read_text().replace("\\\n", "")


def instructions(name: str) -> list[str]:
    return re.findall(rf"^\s*{name} (.*)$", RECIPE, re.MULTILINE)


def copied() -> list[str]:
    """What is taken out of the repository."""
    return [line.split()[0] for line in instructions("COPY") if not line.startswith("--from")]


def test_recipe_copies_what_is_there_and_its_ignore_file_lets_pass_just_that() -> None:
    passing = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert sorted(passing) == sorted(copied())
    assert not [name for name in copied() if not (ROOT / name).exists()]


def test_what_the_recipe_copies_is_enough_to_start(tmp_path: Path) -> None:
    for name in copied():
        source = ROOT / name
        shutil.copytree(source, tmp_path / name) if source.is_dir() else shutil.copy(source, tmp_path / name)
    told = environment(BIGTRANSIT_VAR=str(tmp_path / "var"))
    for command in (("collectstatic", "--noinput", "--verbosity", "0"), ("prepare_store",)):
        done = subprocess.run(
            [sys.executable, "manage.py", *command], cwd=tmp_path, env=told, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "staticfiles" / "staticfiles.json").exists()


def test_base_is_one_release_of_python() -> None:
    (base,) = re.findall(r"^ARG BASE=python:(\S+)$", RECIPE, re.MULTILINE)
    assert re.fullmatch(r"3\.(1[1-9]|[2-9]\d)\.\d+-slim-\w+", base)
    assert {line.split()[0] for line in instructions("FROM")} == {"${BASE}"}


def test_container_is_not_roots_and_writes_in_its_volume_alone() -> None:
    (user,) = instructions("USER")
    assert int(user.split(":")[0]) > 0
    (volume,) = instructions("VOLUME")
    assert f"BIGTRANSIT_VAR={volume}" in RECIPE
    assert f"--owner {user.split(':')[0]} --group {user.split(':')[1]} --mode 0700 {volume}" in RECIPE


def test_programs_of_the_container_get_their_signals_themselves() -> None:
    for name in ("ENTRYPOINT", "CMD"):
        assert all(isinstance(json.loads(line), list) for line in instructions(name))
    assert json.loads(instructions("ENTRYPOINT")[0]) == ["python", "manage.py"]


@pytest.fixture
def healthy() -> Iterator[int]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def asks_for_health(port: int) -> int:
    (line,) = instructions("HEALTHCHECK")
    command = json.loads(line.partition(" CMD ")[2])
    assert command[0] == "python"
    done = subprocess.run([sys.executable, *command[1:]], env=environment(PORT=str(port)), capture_output=True)
    return done.returncode


def test_health_check_tells_up_from_down(healthy: int) -> None:
    assert asks_for_health(healthy) == 0
    assert asks_for_health(free_port()) != 0


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_unit_is_understood_and_confined(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/bigtransit/bin/bigtransit run", sys.executable))
    for command in (("verify",), ("security", "--offline=true", "--threshold=20", "--no-pager")):
        done = subprocess.run(["systemd-analyze", *command, unit], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout[-500:]


def test_unit_writes_in_its_state_folder_alone() -> None:
    lines = UNIT.read_text().splitlines()
    assert {"StateDirectory=bigtransit", "Environment=BIGTRANSIT_VAR=%S/bigtransit", "ProtectSystem=strict"} <= set(
        lines
    )
    assert not [line for line in lines if line.startswith("ReadWritePaths")]
