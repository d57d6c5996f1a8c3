"""All faults by name, and the servers they are put into: one on a file, one on DynamoDB Local behind a forwarder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Self

from tests import dynamodb_local
from tests.soak.faults import clock, files, kills, remote, streams
from tests.soak.forwarder import Forwarder
from tests.soak.invariants import Result, after
from tests.soak.place import Place, SoakServer, settled_place
from tests.soak.traffic import Traffic

# Seconds that each fault lasts.
SHORT, LONG = 1.0, 45.0
GONE_SECONDS = 20.0
OnFile = Callable[[Place, Traffic, float], None]
OnDynamo = Callable[[Forwarder, Place, Traffic, float], None]
ON_FILE: dict[str, OnFile] = {
    "kills": kills.kill_at_store_calls,
    "two-servers": files.two_servers,
    "locked-file": files.locked_file,
    "full-disk": files.full_disk,
    "read-only-file": files.read_only_file,
    "clock-jumps": clock.clock_jumps,
    "stream-storm": streams.stream_storm,
    "unread-streams": streams.unread_streams,
}
ON_DYNAMO: dict[str, OnDynamo] = {
    "store-refuses": remote.store_refuses,
    "store-hangs": remote.store_hangs,
    "throttled": remote.throttled,
    "lost-replies": remote.lost_replies,
}
FAULTS = (*ON_FILE, *ON_DYNAMO)


class Bench:
    """Starts what a fault needs when it is first needed, and ends it all."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="soak-")
        self._servers: list[SoakServer] = []
        self._forwarders: list[Forwarder] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.kill()
        for forwarder in self._forwarders:
            forwarder.release()
            forwarder.cut()
        self._folder.cleanup()

    def run(self, name: str, seconds: float) -> Result:
        """Raises AssertionError where something does not hold, Lacking where a program is missing."""
        if name in ON_FILE:
            place, fault = self._on_file, partial(self._put, ON_FILE[name], seconds)
        else:
            gone = min(seconds, GONE_SECONDS) if name.startswith("store-") else seconds
            place = self._on_dynamo
            fault = partial(self._put, partial(ON_DYNAMO[name], self._forwarder), gone)
        return after(place, Traffic(place.connection_id, [place.server.port]), fault)

    @staticmethod
    def _put(fault: OnFile, seconds: float, place: Place, traffic: Traffic) -> None:
        fault(place, traffic, seconds)

    def _server(self, name: str, storage_url: str = "") -> SoakServer:
        folder = Path(self._folder.name) / name
        folder.mkdir()
        found = SoakServer(folder, storage_url=storage_url)
        self._servers.append(found)
        return found

    @cached_property
    def _on_file(self) -> Place:
        return settled_place(self._server("file"))

    @cached_property
    def _forwarder(self) -> Forwarder:
        found = Forwarder(dynamodb_local.endpoint())
        self._forwarders.append(found)
        return found

    @cached_property
    def _on_dynamo(self) -> Place:
        return settled_place(self._server("dynamo", f"dynamodb+http://127.0.0.1:{self._forwarder.port}/items"))
