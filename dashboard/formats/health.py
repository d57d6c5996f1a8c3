"""Measures and what stands behind them as the API and files show them: camelCase, times in ISO 8601 UTC."""

from __future__ import annotations

from typing import Any, Protocol

from dashboard.formats.api import time
from storage.model.entities import Team
from storage.model.evidence import Evidence, Measure

# Of a file.
COLUMNS = (
    "time", "pipeline", "run", "commit", "message", "author", "counted", "value", "why", "execution id",
)  # fmt: skip


class Value(Protocol):
    """A measure's value."""

    @property
    def measure(self) -> Measure: ...
    @property
    def value(self) -> float | None: ...
    @property
    def unit(self) -> str: ...
    @property
    def sample(self) -> int: ...
    @property
    def formula(self) -> str: ...
    @property
    def previous(self) -> float | None: ...
    @property
    def band(self) -> str: ...
    @property
    def edition(self) -> str: ...
    @property
    def reason(self) -> str: ...


def measure(found: Value) -> dict[str, Any]:
    return {
        "id": found.measure.value,
        "value": found.value,
        "unit": found.unit,
        "sample": found.sample,
        "formula": found.formula,
        "previous": found.previous,
        "band": found.band or None,
        "edition": found.edition or None,
        **({"reason": found.reason} if found.reason else {}),
    }


def team(found: Team) -> dict[str, Any]:
    return {"id": found.id, "name": found.name, "slug": found.slug}


def evidence(found: Evidence, pipeline: str) -> dict[str, Any]:
    """`pipeline`: its name. What counts has a value, what is left out a reason."""
    fact = found.fact
    counted = found.value is not None
    return {
        "at": time(found.at),
        "executionId": fact.id,
        "number": fact.number,
        "pipeline": {"id": fact.pipeline_id, "name": pipeline},
        "commit": found.commit or fact.commit or None,
        "message": fact.message or None,
        "author": fact.author or None,
        **({"value": found.value, "why": found.why or None} if counted else {"reason": found.why}),
    }


def cells(found: Evidence, pipeline: str) -> list[str]:
    """Columns as in COLUMNS."""
    fact = found.fact
    return [
        str(time(found.at)),
        pipeline,
        fact.number,
        found.commit or fact.commit,
        fact.message,
        fact.author,
        "no" if found.value is None else "yes",
        "" if found.value is None else str(found.value),
        found.why,
        fact.id,
    ]
