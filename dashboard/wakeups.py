"""What has just happened in this process that others wait for, by name: jobs that are to run, open pages that follow.

Whoever causes it need not know who waits.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

Listener = Callable[[str], object]


class WakeUp(StrEnum):
    """Its value is how administrators read it."""

    STORE_CHANGED = "something that pages show has changed"
    INBOX_HAS_WORK = "the inbox has work"
    PIPELINE_IS_STALE = "a pipeline is stale"
    LOGS_ARE_WANTED = "a job failed whose log is to be read"
    HISTORY_IS_WANTED = "a tool's past is to be read"
    RUN_WITHOUT_STAGES_WAS_OPENED = "a run was opened whose stages nobody told"
    WAITS_ARE_LOOKED_AT = "somebody looks at what waits for people"
    STAGE_RULES_WERE_CHANGED = "rules about stages were changed"
    TEAM_WAS_DELETED = "a team was deleted"


class WakeUps:
    def __init__(self) -> None:
        self._listeners: dict[WakeUp, list[Listener]] = {name: [] for name in WakeUp}

    def listen(self, name: WakeUp, listener: Listener) -> None:
        """Call this at once whenever it happens, with what it happened to. It must neither wait nor fail."""
        self._listeners[name].append(listener)

    def ignore(self, name: WakeUp, listener: Listener) -> None:
        """Listen no more."""
        self._listeners[name].remove(listener)

    def send(self, name: WakeUp, subject: str = "") -> None:
        """It has happened, to `subject` where that matters: the id of a pipeline that is stale."""
        for listener in tuple(self._listeners[name]):
            listener(subject)


wakeups = WakeUps()
