"""Open pages: hundreds that come and go at once, and some that never read what they are sent."""

from __future__ import annotations

import time

from tests.soak.place import Place
from tests.soak.traffic import Traffic


def stream_storm(place: Place, traffic: Traffic, seconds: float) -> None:
    """Hundreds opened and dropped, some before they are answered, while events come."""
    until = time.monotonic() + seconds
    with traffic.running(1):
        while time.monotonic() < until:
            storm = place.open_streams(150)
            time.sleep(0.3)
            for sock in storm:
                sock.close()


def unread_streams(place: Place, traffic: Traffic, seconds: float) -> None:
    """They stay, and never read; events keep coming for the others."""
    unread = place.open_streams(200 if seconds > 20 else 60)
    try:
        with traffic.running():
            time.sleep(seconds)
        assert not traffic.refused, traffic.codes
    finally:
        for sock in unread:
            sock.close()
