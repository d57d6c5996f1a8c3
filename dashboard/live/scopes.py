"""What the short names of long scopes stand for, in the process that holds the streams opened by these names."""

from __future__ import annotations

import threading
from collections import OrderedDict

from storage.errors import NotFound

# More than a process has viewers: a name that is still loaded, which is once a minute at least, is never pushed out.
MOST = 6000


class Scopes:
    """Request threads remember, the reader's thread resolves."""

    def __init__(self, most: int = MOST) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, str] = OrderedDict()
        self._most = most

    def remember(self, name: str, scope: str) -> None:
        with self._lock:
            self._known[name] = scope
            self._known.move_to_end(name)
            if len(self._known) > self._most:
                self._known.popitem(last=False)

    def resolve(self, name: str) -> str:
        """Raises NotFound for a name that nobody opened a stream by."""
        with self._lock:
            if name not in self._known:
                raise NotFound("No such scope")
            self._known.move_to_end(name)
            return self._known[name]
