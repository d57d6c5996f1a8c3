"""How far conventions that were changed have come into the pipelines they are for, so that it goes on where it was when
a process dies. Pure."""

from __future__ import annotations

from storage.model.document import Document

INSTALLATION = "INSTALLATION"


class ApplyProgress(Document, frozen=True):
    """Of a team's, or of the installation's: `scope` is the team's id, or INSTALLATION. Times are milliseconds.

    total, applied: how many pipelines there are, and how many have them by now; total 0: nobody has counted yet.
    cursor:         the last pipeline that was tried, in the order of their ids. failed: those to be tried again.
    """

    scope: str
    asked_at: int
    asked_by: str
    total: int = 0
    applied: int = 0
    cursor: str = ""
    ended_at: int | None = None
    failed: tuple[str, ...] = ()
    version: int = 1

    @property
    def works(self) -> bool:
        return self.ended_at is None
