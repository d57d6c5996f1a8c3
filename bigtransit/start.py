"""What must hold before anything is served: an address that is free, files that are ours, room for temporary ones."""

from __future__ import annotations

import errno
import os
import socket
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bigtransit import env
from storage.engines import refused_file

MOST_PORTS = 65_535
# gunicorn that takes over from an earlier one, and systemd, hand sockets on that listen already.
_HANDED_ON = ("GUNICORN_FD", "LISTEN_FDS")


def refuse_what_cannot_start(addresses: Iterable[tuple[str, int]], storage_url: str) -> None:
    """Ends with one sentence; else gunicorn would try five times, or pages would answer 503."""
    if said := refused_file(storage_url):
        raise SystemExit(said)
    if any(name in os.environ for name in _HANDED_ON):
        return
    for host, port in addresses:
        if said := refused_address(host, port):
            raise SystemExit(said)


def refused_address(host: str, port: int) -> str:
    """Why nobody can listen there, and what to do. Empty where one can."""
    if port > MOST_PORTS:
        return f"PORT: must be at most {MOST_PORTS}, not {port}"
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen(1)
    except OSError as error:
        return _sentence(error, host, port)
    return ""


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Something else listens at {env.at(host, port)}: stop it, or choose another port with PORT"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} is not for everybody to listen at: choose one above 1023 with PORT, and a proxy for {port}"
    if isinstance(error, socket.gaierror) or error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return f"{host} is no address of this machine: BIGTRANSIT_HOST says where to listen"
    return f"Nobody can listen at {env.at(host, port)}: {error.strerror}"


def find_room_for_temporary_files(folder: Path) -> None:
    """Where the file system is read-only but for `folder`, that is it: for Python, SQLite and gunicorn alike."""
    try:
        found = tempfile.gettempdir()
    except FileNotFoundError:
        found = ""
    if found in ("", str(Path.cwd())) and os.access(folder, os.W_OK | os.X_OK):
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder.absolute())
