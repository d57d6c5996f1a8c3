"""Connections of which nothing is taken, as their team's boards say it. Pure."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from storage.model.document import Document


class QuietReason(enum.StrEnum):
    """Why a board may be behind. `silent`: nothing comes, for longer than is usual. `refused`: posts come and are not
    taken. `paused`: people said so."""

    SILENT = "silent"
    REFUSED = "refused"
    PAUSED = "paused"


class QuietConnection(Document, frozen=True):
    """One of which nothing is taken. since: when its last event came, 0 where none did; asked_at: when its tool was
    asked last instead, 0 where it is not or that failed (milliseconds). missed: it told what no event had."""

    connection_id: str
    source: str
    name: str
    reason: QuietReason
    since: int
    asked_at: int = 0
    missed: bool = False


def is_behind(quiet: Sequence[QuietConnection]) -> bool:
    """Whether what one of them shows may be older than it seems."""
    return any(not one.asked_at for one in quiet)
