"""A commit's executions, newest first. A prefix may stand for several commits, which are then told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.readmodels.appearance import APPEARANCES, Appearance
from storage.model.briefs import ExecutionBrief
from storage.model.entities import Status, Voice
from storage.model.pipeline_record import PipelineRecord
from storage.model.places import Reach, reached
from storage.repositories.pipelines import Owner


@dataclass(frozen=True, slots=True)
class CommitRun:
    brief: ExecutionBrief
    appearance: Appearance
    at: int | None


@dataclass(frozen=True, slots=True)
class CommitPlaces:
    """Where a commit of the default branch is on one pipeline's way. said: what its newest run is at."""

    pipeline_id: str
    pipeline: str
    slug: str
    run: ExecutionBrief
    said: str
    places: tuple[Reach, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """places: of each pipeline, where one commit is meant."""

    sha: str
    message: str
    author: str
    ambiguous: bool
    runs: tuple[CommitRun, ...]
    places: tuple[CommitPlaces, ...] = ()


def build(sha: str, briefs: Sequence[ExecutionBrief], owners: Mapping[str, Owner] | None = None) -> Commit:
    ordered = sorted(briefs, key=lambda brief: (brief.commit, -(brief.started_at or brief.queued_at or 0)))
    first = ordered[0] if ordered else None
    ambiguous = len({brief.commit for brief in briefs}) > 1
    return Commit(
        sha=first.commit if first else sha,
        message=first.message if first else "",
        author=first.author if first else "",
        ambiguous=ambiguous,
        places=() if ambiguous else tuple(_places(briefs, owners or {})),
        runs=tuple(
            CommitRun(brief, APPEARANCES[brief.status], brief.started_at or brief.queued_at) for brief in ordered
        ),
    )


def _places(briefs: Sequence[ExecutionBrief], owners: Mapping[str, Owner]) -> list[CommitPlaces]:
    newest: dict[str, ExecutionBrief] = {}
    for brief in sorted(briefs, key=lambda brief: brief.order):
        if brief.voice in (Voice.DEFAULT, Voice.TAG) and not brief.rollback:
            newest[brief.pipeline_id] = brief
    found = []
    for pipeline_id, brief in newest.items():
        owner = owners.get(pipeline_id)
        if owner is None or owner.record is None or not _speaks(brief, owner.record):
            continue
        places = tuple(reached(owner.record.history, brief.order))
        label = owner.record.label or brief.pipeline_name
        found.append(CommitPlaces(pipeline_id, label, owner.team.slug, brief, _at(brief), places))
    return sorted(found, key=lambda one: (one.pipeline.casefold(), one.pipeline_id))


def _speaks(brief: ExecutionBrief, record: PipelineRecord) -> bool:
    return brief.voice is Voice.DEFAULT or record.history.by_tags


_TELLING = (Status.FAILED, Status.TIMED_OUT, Status.ERRORED, Status.WAITING, Status.RUNNING, Status.QUEUED)


def _at(brief: ExecutionBrief) -> str:
    """What it is at, and where."""
    word = APPEARANCES[brief.status].label
    for status in _TELLING:
        stage = next((stage.name for stage in brief.stages if stage.status is status), "")
        if stage:
            return f"{word} at {stage}"
    return word
