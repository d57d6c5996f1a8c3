"""The page of one failure wherever it happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.model.failures import FailureBrief, JobFailure
from storage.repositories.pipelines import Owner


@dataclass(frozen=True, slots=True)
class FailureLine:
    """One time it happened."""

    execution_id: str
    number: str
    at: int
    pipeline: str
    pipeline_id: str
    team: str
    slug: str


@dataclass(frozen=True, slots=True)
class FailurePage:
    """`newest`: what its log says. `since`: of the first that is listed."""

    newest: JobFailure | None
    lines: tuple[FailureLine, ...]
    pipelines: int
    since: int

    @property
    def text(self) -> str:
        return "\n".join(self.newest.lines) if self.newest else ""


def build(briefs: Sequence[FailureBrief], owners: Mapping[str, Owner], newest: JobFailure | None) -> FailurePage:
    """`briefs`: those that the reader may see, the newest first."""
    lines = tuple(_line(brief, owners[brief.pipeline_id]) for brief in briefs)
    since = min((brief.at for brief in briefs), default=0)
    return FailurePage(newest, lines, len({line.pipeline_id for line in lines}), since)


def _line(brief: FailureBrief, owner: Owner) -> FailureLine:
    name = owner.record.label if owner.record else ""
    return FailureLine(
        brief.execution_id,
        brief.number,
        brief.at,
        name or "pipeline",
        brief.pipeline_id,
        owner.team.name,
        owner.team.slug,
    )
