"""How two processes share the load: python -m tests.bench.sharing [ROUNDS]

In turn with one process, and over connections that are opened together: a board's pages a second, with how many of the
connections each process has (Linux), and webhook events a second.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.bench.hooks import rate_of
from tests.bench.load import CONNECTIONS
from tests.bench.server import ROOT, Server
from tests.bench.town import Town, build
from tests.workers import connections_of, workers_of

SECONDS = 2.0
FIRST_RUN = 40_000_000


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory(prefix="bigtransit-bench-") as scratch, ExitStack() as stack:
        url, folder = f"sqlite:///{scratch}/store.db", Path(scratch)
        servers = [stack.enter_context(Server(url, folder, workers=workers)) for workers in (1, 2)]
        town, cookie = build(servers[0], url), servers[0].sign_in()
        for server in servers:
            server.ask(town.board, send={"Cookie": cookie})
        pages: list[tuple[float, ...]] = []
        hooks: list[tuple[float, ...]] = []
        for number in range(rounds + 1):
            seen = [_pages(server, town.board, cookie) for server in servers]
            told = tuple(_hooks(server, town, 2 * number + place) for place, server in enumerate(servers))
            print(f"pages {seen[0][0]:4.0f} and {seen[1][0]:4.0f}, connections {seen[1][1]}", end="   ")
            print(f"events {told[0]:4.0f} and {told[1]:4.0f}   load average {os.getloadavg()[0]:.1f}", flush=True)
            # The first only warms up.
            if number:
                pages.append((seen[0][0], seen[1][0]))
                hooks.append(told)
    for name, found in (("pages", pages), ("events", hooks)):
        one, two = (median(column) for column in zip(*found, strict=True))
        print(f"{name} a second, medians: one process {one:.0f}, two {two:.0f}, {two / one:.2f} times as many")


def _pages(server: Server, path: str, cookie: str) -> tuple[float, list[int]]:
    command = [sys.executable, "-m", "tests.bench.load", str(server.port), path, cookie, str(CONNECTIONS)]
    command += [str(SECONDS), "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        time.sleep(SECONDS / 2)
        shares = connections_of(workers_of(server.pid), server.port)
        told, _ = process.communicate()
    found = json.loads(told)
    return float(found["count"] / found["seconds"]), shares


def _hooks(server: Server, town: Town, number: int) -> float:
    return rate_of(server, town, FIRST_RUN + number * 1_000_000, SECONDS)


if __name__ == "__main__":
    main()
