"""The deployments behind a team's numbers, each with what counts of it and why. Definitions: docs/metrics.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import median_low
from typing import Any

from dashboard.readmodels.appearance import words
from storage.model.board_row import BoardRow
from storage.model.deployments import ProductionDeployment, deployments_of
from storage.model.entities import Team
from storage.model.facts import DAY_MS, Fact
from storage.model.marks import DeploymentMark
from storage.model.subject_views import Incident

# Of a file.
COLUMNS = (
    "time", "pipeline", "run", "commit", "message", "author", "lead seconds of its commits", "failed",
    "recovery seconds", "unplanned", "execution id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeploymentLine:
    """lead_seconds: of each commit it brought; lead: the middle one, in words. failed, unplanned: why, empty where not.
    recovery: in words, "not over" while it lasts."""

    pipeline_id: str
    pipeline: str
    execution_id: str
    number: str
    commit: str
    message: str
    author: str
    at: int
    lead_seconds: tuple[int, ...]
    lead: str
    failed: str
    recovery_seconds: int | None
    recovery: str
    unplanned: str
    mark: DeploymentMark | None

    @property
    def marked(self) -> str:
        """What a person said of it, or that one may."""
        return f"{self.mark.by}: {self.mark.reason}" if self.mark else "Mark"


@dataclass(frozen=True, slots=True)
class DeploymentsPage:
    """lines: newest first. day: the only one that they are of, whole days since the epoch, UTC; None where they are of
    all `days`."""

    team: Team
    days: int
    lines: tuple[DeploymentLine, ...]
    day: int | None = None

    @property
    def query(self) -> str:
        """The days, as addresses name them."""
        return f"days={self.days}" if self.day is None else f"day={_date(self.day).isoformat()}"

    @property
    def of(self) -> str:
        """The one day in words."""
        return "" if self.day is None else f"{_date(self.day):%-d %b %Y}"


def build(
    team: Team,
    rows: Sequence[BoardRow],
    facts: Mapping[str, Sequence[Fact]],
    incidents: Sequence[Incident],
    days: int,
    today: int,
    day: int | None = None,
) -> DeploymentsPage:
    """`facts`: of each pipeline, as windows are made of them; `today` and `day`: whole days since the epoch."""
    first, last = (today - days + 1, today) if day is None else (day, day)
    lines = [
        line_of(row, one)
        for row in rows
        for one in deployments_of(
            facts.get(row.id, ()), [each for each in incidents if each.repository == row.repository]
        )
        if first <= one.at // DAY_MS <= last
    ]
    lines.sort(key=lambda line: (-line.at, line.execution_id))
    return DeploymentsPage(team, days if day is None else 1, tuple(lines), day)


def _date(day: int) -> date:
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date()


def line_of(row: BoardRow, one: ProductionDeployment) -> DeploymentLine:
    fact, recovery = one.fact, one.recovery_seconds
    return DeploymentLine(
        pipeline_id=row.id,
        pipeline=row.label,
        execution_id=fact.id,
        number=fact.number,
        commit=fact.commit,
        message=fact.message,
        author=fact.author,
        at=one.at,
        lead_seconds=one.lead_seconds,
        lead=words(median_low(one.lead_seconds)) if one.lead_seconds else "",
        failed=one.failed_by,
        recovery_seconds=recovery,
        recovery=words(recovery) if recovery is not None else "not over" if one.failed_by else "",
        unplanned=one.unplanned_by,
        mark=fact.mark,
    )


def cells(line: DeploymentLine) -> list[str]:
    """Columns as in COLUMNS; the time is ISO 8601, UTC."""
    return [
        _time(line.at),
        line.pipeline,
        line.number,
        line.commit,
        line.message,
        line.author,
        " ".join(map(str, line.lead_seconds)),
        line.failed,
        "" if line.recovery_seconds is None else str(line.recovery_seconds),
        line.unplanned,
        line.execution_id,
    ]


def as_json(line: DeploymentLine) -> dict[str, Any]:
    return {
        "at": _time(line.at),
        "pipeline": {"id": line.pipeline_id, "name": line.pipeline},
        "execution": {"id": line.execution_id, "number": line.number},
        "commit": line.commit,
        "message": line.message,
        "author": line.author,
        "leadSeconds": list(line.lead_seconds),
        "failed": line.failed or None,
        "recoverySeconds": line.recovery_seconds,
        "unplanned": line.unplanned or None,
    }


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
