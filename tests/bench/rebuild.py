"""python -m tests.bench.rebuild [executions]: `rebuild` of very many executions of 300 pipelines, twice, each time in a
process of its own, first over a tenth of them: how fast, in how much memory, whether it tells how far it is, and that
the second changes nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.bench.many_runs import COMPARED, PIPELINES, ManyRuns, digest
from tests.bench.server import ROOT

_RSS = re.compile(r"VmRSS:\s+(\d+) kB")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.rebuild")
    parser.add_argument("executions", type=int, nargs="?", default=100_000)
    parser.add_argument("--folder", type=Path, help="where the file is made; needs some 3 GB for a million executions")
    arguments = parser.parse_args()
    for executions in (arguments.executions // 10, arguments.executions):
        with tempfile.TemporaryDirectory(prefix="bigtransit-bench-", dir=arguments.folder) as folder:
            _measure(max(executions, 2 * PIPELINES), Path(folder))


def _measure(executions: int, folder: Path) -> None:
    began = time.monotonic()
    runs = ManyRuns(executions, folder, time.time_ns() // 1_000_000)
    runs.fill()
    count, megabytes, took = runs.each * PIPELINES, runs.path.stat().st_size / 1e6, time.monotonic() - began
    print(
        f"\n{count:,} executions of {PIPELINES} pipelines, {megabytes:,.0f} MB, made in {took:.0f} s;"
        f" {COMPARED} of them compared with what the recorder writes",
        flush=True,
    )
    first = _rebuild(runs, count, "first")
    again = _rebuild(runs, count, "second")
    print(f"the second changed {'nothing' if first == again else 'SOMETHING'}", flush=True)


def _rebuild(runs: ManyRuns, count: int, which: str) -> str:
    """A digest of all that stands afterwards."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BIGTRANSIT_")}
    environment = kept | {
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        "BIGTRANSIT_STORAGE_URL": runs.url,
        "BIGTRANSIT_SECRET_KEY": "a-signing-key-that-only-benches-use",
    }
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "rebuild"], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    memory: list[float] = []
    watching = threading.Thread(target=_watch, args=(process.pid, memory), daemon=True)
    watching.start()
    lines = [line for line in process.stderr if re.match(r"\d+/\d+ ", line)]
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, status
    seconds, spent = time.monotonic() - began, used.ru_utime + used.ru_stime
    at = [memory[int(share * (len(memory) - 1))] for share in (0.1, 0.5, 1.0)]
    print(
        f"{which}: {seconds:.0f} s, {count / seconds:,.0f} executions/s, {1000 * spent / count:.2f} ms of processor"
        # Not ru_maxrss: that begins with what this process held when it started the other.
        f" time each; memory after a tenth {at[0]:.0f} MB, half {at[1]:.0f} MB, all {at[2]:.0f} MB, at most"
        f" {max(memory):.0f} MB; {len(lines)} lines of progress",
        flush=True,
    )
    return digest(runs.path)


def _watch(process_id: int, memory: list[float]) -> None:
    """MB, ten times a second, until it ends."""
    while True:
        try:
            found = _RSS.search(Path(f"/proc/{process_id}/status").read_text())
        except OSError:
            return
        if found is None:
            return
        memory.append(int(found[1]) / 1024)
        time.sleep(0.1)


if __name__ == "__main__":
    main()
