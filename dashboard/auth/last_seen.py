"""When sessions were last used. Requests only remember it; a job writes it, so that no page waits for it."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from storage.model.accounts import Session
from storage.store import Store

# So exact it is, in milliseconds.
EVERY_MS = 600_000
MOST_WAITING = 10_000


class LastSeen:
    def __init__(self) -> None:
        self._lock = Lock()
        # By hash: whose, and when.
        self._waiting: OrderedDict[str, tuple[str, int]] = OrderedDict()

    def note(self, session: Session, now: int) -> None:
        """It is used just now (milliseconds)."""
        if now - max(session.created_at, session.seen_at) < EVERY_MS:
            return
        with self._lock:
            self._waiting[session.key_hash] = (session.user_id, now)
            self._waiting.move_to_end(session.key_hash)
            while len(self._waiting) > MOST_WAITING:
                self._waiting.popitem(last=False)

    def write(self, store: Store) -> None:
        """Raises StorageError; what could not be written is written the next time."""
        while True:
            with self._lock:
                if not self._waiting:
                    return
                key_hash, (user_id, seen_at) = next(iter(self._waiting.items()))
            store.sessions.touch(user_id, key_hash, seen_at)
            with self._lock:
                if self._waiting.get(key_hash) == (user_id, seen_at):
                    del self._waiting[key_hash]


last_seen = LastSeen()
