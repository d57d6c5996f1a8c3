"""Sixteen of the largest bodies that a verified sender may post, at once, and what a process grows by for them.

`python -m tests.large_bodies` starts a server of one process and prints a line a kind of body.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError

from tests.real_server import SECRET, Server, ago, run_event, signature_of

LONGEST = 5_242_880
AT_ONCE = 16
FORM = "application/x-www-form-urlencoded"


def bodies() -> dict[str, bytes]:
    """As long as a body may be, each the worst of its kind; what is not cut short by a limit is a run that is taken."""
    room = LONGEST - 5000
    return {
        "empty lists": b"[" + b"[]," * ((LONGEST - 10) // 3) + b"[]]",
        "one text": _with(b'"' + b"a" * room + b'"'),
        "escapes in text": _with(b'"' + b"\\u20ac" * (room // 6) + b'"'),
        "numbers": _with(b"[" + b"1.5," * (room // 4) + b"1]"),
        "names": _with(b"{" + b",".join(b'"%x":1' % number for number in range(300_000)) + b"}"),
        "texts": _with(b"[" + b",".join([b'"' + b"x" * 100 + b'"'] * 40_000) + b"]"),
        "wide letters": _with(b'"' + "😀".encode() * (room // 4) + b'"'),
        "escapes of a form": b"payload=" + b"%7b" * ((LONGEST - 10) // 3),
    }


def _with(value: bytes) -> bytes:
    return json.dumps(run_event(1, "in_progress", None, ago(2), ago(1))).encode()[:-1] + b',"x":' + value + b"}"


def post(server: Server, connection: str, kind: str, raw: bytes) -> int:
    headers = {
        "Content-Type": FORM if "form" in kind else "application/json",
        "X-GitHub-Event": "workflow_run",
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": signature_of(raw, SECRET),
    }
    request = urllib.request.Request(f"{server.url}/hooks/github/{connection}", raw, headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


def megabytes(process: int, what: str) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(rf"{what}:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), workers=1)
        server.start()
        assert server.process is not None
        children = subprocess.run(["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True, check=True)
        worker = int(children.stdout.split()[0])
        team = server.api("POST", "/teams", {"name": "Bodies"})
        made = server.api("POST", f"/teams/{team['id']}/connections", {"source": "github", "secret": SECRET})
        print(
            f"{AT_ONCE} bodies at once       MB each   before     peak   growth    after  seconds  answers", flush=True
        )
        for kind, raw in bodies().items():
            # The highest so far is forgotten: https://docs.kernel.org/filesystems/proc.html
            Path(f"/proc/{worker}/clear_refs").write_text("5")
            before, began = megabytes(worker, "VmRSS"), time.monotonic()
            with ThreadPoolExecutor(AT_ONCE) as threads:
                posts = [threads.submit(post, server, made["id"], kind, raw) for _ in range(AT_ONCE)]
                answers = sorted({one.result() for one in posts})
            peak, after = megabytes(worker, "VmHWM"), megabytes(worker, "VmRSS")
            told = " ".join(f"{value:8.0f}" for value in (before, peak, peak - before, after))
            print(f"{kind:<22} {len(raw) / 1e6:6.1f} {told} {time.monotonic() - began:8.1f}  {answers}", flush=True)
        server.kill()


if __name__ == "__main__":
    main()
