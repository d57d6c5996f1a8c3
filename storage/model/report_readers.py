"""Who gets a team's weekly report by e-mail."""

from __future__ import annotations

from storage.model.document import Document


class ReportReader(Document, frozen=True):
    """since: when they asked for it, milliseconds. week: the latest that was sent to them, as 2026-W47; empty where
    none was."""

    team_id: str
    user_id: str
    since: int
    week: str = ""
    version: int = 1
