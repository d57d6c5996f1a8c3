"""What was last read of where things belong, so that the next event of them needs one read."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

MOST_HINTS = 20_000


class Hints:
    """Which pipeline an execution belonged to, and which team a moved pipeline, when they were last read. Only ever
    saves a read: what it says is checked against what stands."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def find(self, name: str) -> str:
        return self._known.get(name, "")

    def keep(self, name: str, value: str) -> None:
        if not value:
            return
        with self._lock:
            self._known[name] = value
            if len(self._known) > MOST_HINTS:
                self._known.popitem(last=False)
