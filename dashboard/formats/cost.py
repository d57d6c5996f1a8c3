"""Estimated costs as files and the API show them. Each says that it is an estimate."""

from __future__ import annotations

from typing import Any, Protocol

from storage.model.costs import CostEstimate
from storage.model.prices import dollars

# Of a file.
COLUMNS = (
    "month", "pipeline", "runs", "estimate first runs USD", "estimate re-runs USD", "minutes first runs",
    "minutes re-runs", "minutes without a price", "runs of too many jobs", "pipeline id",
)  # fmt: skip


class Line(Protocol):
    """One pipeline in one month."""

    @property
    def name(self) -> str: ...
    @property
    def found(self) -> CostEstimate: ...


def cells(line: Line) -> list[str]:
    """Columns as in COLUMNS."""
    found = line.found
    counts = (found.minutes, found.rerun_minutes, sum(minutes for _, minutes in found.unpriced), found.uncounted)
    money = (dollars(found.micros, 6), dollars(found.rerun_micros, 6))
    return [found.month, line.name, str(found.runs), *money, *map(str, counts), found.pipeline_id]


def estimate(line: Line) -> dict[str, Any]:
    found = line.found
    return {
        "month": found.month,
        "pipeline": {"id": found.pipeline_id, "name": line.name},
        "runs": found.runs,
        "estimatedUsd": found.micros / 1_000_000,
        "estimatedRerunsUsd": found.rerun_micros / 1_000_000,
        "minutes": found.minutes,
        "rerunMinutes": found.rerun_minutes,
        "withoutPrice": [{"label": label or None, "minutes": minutes} for label, minutes in found.unpriced],
        "runsOfTooManyJobs": found.uncounted,
    }
