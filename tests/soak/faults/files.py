"""What can be wrong with the embedded store's file."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.soak.place import Place, SoakServer, await_that
from tests.soak.traffic import Traffic, story

ROOM = 4096


def two_servers(place: Place, traffic: Traffic, seconds: float) -> None:
    """On one file; the second is killed with every process it has, and in the long form started again."""
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    second = SoakServer(folder, workers=1, storage_url=place.server.storage_url)
    try:
        second.start_again()
        traffic.ports.append(second.port)
        with traffic.running():
            time.sleep(seconds / 2)
            second.kill()
            time.sleep(seconds / 2)
            if seconds > 20:
                second.start_again()
                time.sleep(seconds / 2)
    finally:
        del traffic.ports[1:]
        second.kill()
        shutil.rmtree(folder)


def locked_file(place: Place, traffic: Traffic, seconds: float) -> None:
    """Another program writes, and takes its time."""
    other = sqlite3.connect(place.server.store_file, isolation_level=None)
    try:
        with traffic.running():
            other.execute("BEGIN IMMEDIATE")
            time.sleep(max(3.5, seconds / 3))
            other.execute("ROLLBACK")
    finally:
        other.close()


def full_disk(place: Place, traffic: Traffic, seconds: float) -> None:
    """No file may grow (RLIMIT_FSIZE): not the store's, nor its log, nor the server's own."""
    server = place.server
    _, hard = resource.prlimit(server.worker_ids()[0], resource.RLIMIT_FSIZE)
    with traffic.running():
        for worker in server.worker_ids():
            resource.prlimit(worker, resource.RLIMIT_FSIZE, (ROOM, hard))
        time.sleep(seconds)
        assert traffic.codes[503], "the disk was not full"
        for worker in server.worker_ids():
            resource.prlimit(worker, resource.RLIMIT_FSIZE, (hard, hard))


def read_only_file(place: Place, traffic: Traffic, seconds: float) -> None:
    """Of a server whose process begins on it: it takes nothing, and works once the file may be written."""
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    second = SoakServer(folder, workers=1)
    if os.geteuid() == 0:
        # To root every file is open that may not be closed to it so.
        second.before = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override")
    try:
        store, copy = (sqlite3.connect(server.store_file) for server in (place.server, second))
        with closing(store), closing(copy):
            store.backup(copy)
        second.start_again()
        for file in folder.glob("store.db*"):
            file.chmod(0o400)
        (worker,) = second.worker_ids()
        os.kill(worker, signal.SIGKILL)
        (post, *_), told = story(), Traffic(place.connection_id, [second.port])
        await_that(lambda: told.send(post) != 0, 15, lambda: second.log.read_text()[-3000:])
        assert set(told.codes) - {0} == {503}, told.codes
        for file in folder.glob("store.db*"):
            file.chmod(0o600)
        await_that(lambda: told.send(post) == 202, 5, lambda: str(told.codes))
    finally:
        second.kill()
        shutil.rmtree(folder)
