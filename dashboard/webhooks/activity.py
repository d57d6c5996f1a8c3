"""When events of each connection came, and what they told of their senders' clocks. Taking one in only remembers it; a
job writes it, so that no event costs a write more."""

from __future__ import annotations

from threading import Lock

from storage.model.connection_state import DAY_MS, MINUTE_MS, SLOT_MS, Activity, ClockReading, noted, told
from storage.store import Store

# What came soon after another is written so late; what ends a silence is at once.
EVERY_MS = 5 * MINUTE_MS
MOST_WAITING = 10_000


class HeardEvents:
    """Of this process, since it was last written."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: dict[str, Activity] = {}
        self._written_at: dict[str, int] = {}

    def note(self, connection_id: str, now: int) -> None:
        """An event of it came (milliseconds), and is its sender's."""
        with self._lock:
            if connection_id in self._waiting or len(self._waiting) < MOST_WAITING:
                self._waiting[connection_id] = noted(self._known(connection_id), now)

    def tell(self, connection_id: str, told_at: int, now: int) -> None:
        """It told of something that was at `told_at`. More than a day is no clock's error, but something long past."""
        with self._lock:
            if connection_id in self._waiting and abs(told_at - now) < DAY_MS:
                self._waiting[connection_id] = told(self._waiting[connection_id], ClockReading(now, told_at - now))

    def _known(self, connection_id: str) -> Activity:
        return self._waiting.get(connection_id, Activity(connection_id))

    def write(self, store: Store) -> None:
        """Raises StorageError; what could not be written is written the next time."""
        for connection_id, waiting in self._due(store.now()):
            if not store.connection_states.note_activity(waiting):
                continue
            with self._lock:
                self._written_at[connection_id] = waiting.last_at
                if self._waiting.get(connection_id) == waiting:
                    del self._waiting[connection_id]

    def _due(self, now: int) -> list[tuple[str, Activity]]:
        with self._lock:
            return [(key, one) for key, one in self._waiting.items() if self._is_due(key, one, now)]

    def _is_due(self, connection_id: str, waiting: Activity, now: int) -> bool:
        written = self._written_at.get(connection_id, 0)
        return waiting.last_at - written >= SLOT_MS or abs(now - written) >= EVERY_MS

    def forget(self) -> None:
        with self._lock:
            self._waiting.clear()
            self._written_at.clear()


heard_events = HeardEvents()
