"""A run of our own, as a tool would tell of it: for a connection that is tried before its tool sends anything."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

NAME = "Test run"
MESSAGE = "A test run, sent by Big Transit"
# When each of these began and ended, in seconds before now.
BEGAN_SECONDS, ENDED_SECONDS = 92, 2
STAGES = (("Commit", 90, 52), ("Acceptance", 50, 4))


@dataclass(frozen=True)
class Post:
    """A body and the headers, lower case, that say what it is; none that proves a sender."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class SampleRun:
    """connection: whose pipeline it is, 32 hex digits. at: when it is sent, milliseconds."""

    connection: str
    at: int

    @property
    def pipeline_number(self) -> int:
        """A number that the same connection always has."""
        return int(self.connection[:12], 16) + 1

    @property
    def run_number(self) -> int:
        """A later run has a higher one."""
        return self.at // 1000

    @property
    def commit(self) -> str:
        return hashlib.sha256(f"{self.connection} {self.at}".encode()).hexdigest()[:40]

    def key(self, *what: object) -> str:
        """A word that nothing else of this or another run has."""
        told = hashlib.sha256(" ".join(map(str, what)).encode()).hexdigest()
        return f"{self.connection[:8]}-{self.run_number}-{told[:12]}"

    def time(self, seconds_ago: int) -> str:
        """ISO 8601, UTC, in whole seconds."""
        return datetime.fromtimestamp(self.at // 1000 - seconds_ago, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
