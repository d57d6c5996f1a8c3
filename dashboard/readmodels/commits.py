"""A commit's executions, newest first. A prefix may stand for several commits, which are then told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.readmodels.appearance import APPEARANCES, Appearance
from storage.model.briefs import ExecutionBrief


@dataclass(frozen=True, slots=True)
class CommitRun:
    brief: ExecutionBrief
    appearance: Appearance
    at: int | None


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    message: str
    author: str
    ambiguous: bool
    runs: tuple[CommitRun, ...]


def build(sha: str, briefs: Sequence[ExecutionBrief]) -> Commit:
    ordered = sorted(briefs, key=lambda brief: (brief.commit, -(brief.started_at or brief.queued_at or 0)))
    first = ordered[0] if ordered else None
    return Commit(
        sha=first.commit if first else sha,
        message=first.message if first else "",
        author=first.author if first else "",
        ambiguous=len({brief.commit for brief in briefs}) > 1,
        runs=tuple(
            CommitRun(brief, APPEARANCES[brief.status], brief.started_at or brief.queued_at) for brief in ordered
        ),
    )
