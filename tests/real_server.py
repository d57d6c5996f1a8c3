"""A real server of two processes over an empty store in a folder of its own, and signed posts to it."""

from __future__ import annotations

import atexit
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
EMAIL, PASSWORD, TOKEN = "mara@example.com", "a-long-enough-password", "t" * 40
SECRET = "a secret of the connection"


class Server:
    def __init__(self, folder: Path, workers: int = 2) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BIGTRANSIT_")},
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "DJANGO_SETTINGS_MODULE": "bigtransit.settings",
            "BIGTRANSIT_STORAGE_URL": f"sqlite:///{folder}/store.db",
            "BIGTRANSIT_ADMIN_EMAIL": EMAIL,
            "BIGTRANSIT_ADMIN_PASSWORD": PASSWORD,
            "BIGTRANSIT_ADMIN_TOKEN": TOKEN,
            "BIGTRANSIT_SERVER_TIMING": "1",
            "BIGTRANSIT_WORKERS": str(workers),
            "BIGTRANSIT_STATIC_ROOT": str(static_files()),
        }
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """It prepares its store itself."""
        command = [sys.executable, "manage.py", "run"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        for _ in range(300):
            if self._answers():
                return
            if self.process.poll() is not None:
                break
            self.process_wait(0.1)
        raise AssertionError(self.log.read_text())

    def process_wait(self, seconds: float) -> None:
        assert self.process is not None
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Every process of it at once."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, how)
            self.process.wait(30)
        self.process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _manage(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, check=True, capture_output=True
        )

    def api(self, method: str, path: str, body: object = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def post_github(
        self, connection: str, event: str, body: dict[str, Any], delivery: str = "", secret: str = SECRET
    ) -> int:
        raw, headers = signed_github(body, event, delivery, secret)
        request = urllib.request.Request(f"{self.url}/hooks/github/{connection}", raw, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)


def signed_github(
    body: dict[str, Any], event: str = "workflow_run", delivery: str = "", secret: str = SECRET
) -> tuple[bytes, dict[str, str]]:
    """A post as GitHub sends it: its body and its headers."""
    raw = json.dumps(body).encode()
    return raw, {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
        "X-Hub-Signature-256": signature_of(raw, secret),
    }


def signature_of(raw: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


@lru_cache
def static_files() -> Path:
    """Collected once for all servers of this process."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "bigtransit.settings", "BIGTRANSIT_STATIC_ROOT": folder.name}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return Path(folder.name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def repository(name: str = "checkout-api") -> dict[str, Any]:
    return {
        "id": 4711,
        "name": name,
        "full_name": f"acme/{name}",
        "html_url": f"https://github.com/acme/{name}",
        "default_branch": "main",
    }


def ago(minutes: float) -> str:
    """The server has the real clock."""
    return (datetime.now(UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_event(run: int, status: str, conclusion: str | None, began: str, updated: str) -> dict[str, Any]:
    return {
        "action": "completed" if status == "completed" else "requested",
        "workflow_run": {
            "id": run,
            "name": "CI",
            "run_number": run,
            "run_attempt": 1,
            "status": status,
            "conclusion": conclusion,
            "event": "push",
            "head_branch": "main",
            "head_sha": "7c3e1fa0b1c2d3e4f5061728394a5b6c7d8e9f00",
            "workflow_id": 7,
            "path": ".github/workflows/ci.yml",
            "display_title": "Retry the challenge once",
            "html_url": f"https://github.com/acme/checkout-api/actions/runs/{run}",
            "created_at": began,
            "run_started_at": began,
            "updated_at": updated,
            "actor": {"login": "mara"},
            "head_commit": {"message": "Retry the challenge once", "author": {"name": "Mara Lindqvist"}},
        },
        "repository": repository(),
    }


def job_event(
    run: int, job: int, name: str, status: str, conclusion: str | None, began: str, ended: str | None
) -> dict[str, Any]:
    return {
        "action": status,
        "workflow_job": {
            "id": job,
            "run_id": run,
            "run_attempt": 1,
            "name": name,
            "workflow_name": "CI",
            "status": status,
            "conclusion": conclusion,
            "head_branch": "main",
            "head_sha": "7c3e1fa0b1c2d3e4f5061728394a5b6c7d8e9f00",
            "html_url": f"https://github.com/acme/checkout-api/actions/runs/{run}/job/{job}",
            "created_at": began,
            "started_at": began,
            "completed_at": ended,
            "steps": [],
        },
        "repository": repository(),
    }
