"""A clock that somebody sets wrong, while the server runs and while a process of it starts."""

from __future__ import annotations

import os
import signal
import time

from tests.soak.place import Place, await_that
from tests.soak.traffic import Traffic

HOUR, DAY = 3_600, 86_400
# Seconds ahead. Two years is longer than anything is kept; further back than a day, events are of the future.
JUMPS = (2 * HOUR, 730 * DAY, -20 * HOUR, 0)


def clock_jumps(place: Place, traffic: Traffic, seconds: float) -> None:
    server, jumps = place.server, JUMPS if seconds > 20 else JUMPS[1:3]
    try:
        for ahead in jumps:
            server.say("clock", str(ahead))
            # Expiry is looked at when a process begins.
            for worker in server.worker_ids():
                os.kill(worker, signal.SIGKILL)
            await_that(lambda: len(server.worker_ids()) == server.workers, 5)
            with traffic.running(1):
                time.sleep(max(0.4, seconds / len(jumps)))
    finally:
        server.say("clock")
