"""What waits for a person, as the API tells it."""

from __future__ import annotations

from typing import Any

from dashboard.formats.api import time
from dashboard.formats.health import team as team_ref
from storage.model.board_row import BoardRow
from storage.model.entities import Team
from storage.model.person_waits import PersonWait, WaitingRun


def wait(team: Team, row: BoardRow, tool: str, run: WaitingRun, found: PersonWait, more: int) -> dict[str, Any]:
    """`more`: of the run's waits how many are not told one by one."""
    return {
        "team": team_ref(team),
        "pipeline": {"id": row.id, "name": row.label},
        "source": row.source,
        "tool": tool,
        "execution": {
            "id": run.execution_id,
            "number": run.number,
            "ref": run.ref or None,
            "message": run.message or None,
            "author": run.author or None,
            "url": run.url or None,
        },
        "stage": found.stage or None,
        "job": found.job or None,
        "environment": found.environment or None,
        "since": time(found.since),
        "deciders": found.deciders.split(", ") if found.deciders else None,
        "url": found.url or run.url or None,
        "more": more,
        "lastToldAt": time(run.heard_at),
        "checkedAt": time(run.checked_at),
    }
