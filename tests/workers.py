"""The processes of a server that runs, and what connections each has (Linux)."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

ESTABLISHED = "01"


def workers_of(parent: int) -> list[int]:
    """The numbers of its worker processes."""
    told = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    return [pid for pid, ppid in (map(int, line.split()) for line in told.splitlines()) if ppid == parent]


def connections_of(workers: Sequence[int], port: int) -> list[int]:
    """How many connections to this port of this machine each of them has."""
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == ESTABLISHED and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    return [sum(_target(fd) in inodes for fd in Path(f"/proc/{worker}/fd").iterdir()) for worker in workers]


def _target(fd: Path) -> str:
    try:
        return str(fd.readlink())
    except OSError:
        return ""
