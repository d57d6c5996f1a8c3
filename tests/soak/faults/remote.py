"""What can be wrong with a store that is elsewhere: gone, silent, throttled, or heard but not answering."""

from __future__ import annotations

import time

from tests.soak.forwarder import Forwarder
from tests.soak.place import Place
from tests.soak.traffic import Traffic


def store_refuses(forwarder: Forwarder, place: Place, traffic: Traffic, seconds: float) -> None:
    with traffic.running():
        forwarder.cut()
        time.sleep(seconds)
        forwarder.start()


def store_hangs(forwarder: Forwarder, place: Place, traffic: Traffic, seconds: float) -> None:
    with traffic.running():
        forwarder.hang()
        time.sleep(seconds)
        forwarder.release()


def throttled(forwarder: Forwarder, place: Place, traffic: Traffic, seconds: float) -> None:
    """Three calls of ten are refused."""
    forwarder.throttled = 0.3
    with traffic.running():
        time.sleep(seconds)
    forwarder.throttled = 0.0
    assert forwarder.counts["throttled"], forwarder.counts


def lost_replies(forwarder: Forwarder, place: Place, traffic: Traffic, seconds: float) -> None:
    """One call of ten is carried out, but its answer never comes."""
    forwarder.lost = 0.1
    with traffic.running():
        time.sleep(seconds)
    forwarder.lost = 0.0
    assert forwarder.counts["lost"], forwarder.counts
