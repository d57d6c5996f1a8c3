"""A server a module."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import IN_MEMORY
from tests.real_server import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        found = Server(Path(folder))
        found.start()
        yield found
        found.kill(signal.SIGTERM)
