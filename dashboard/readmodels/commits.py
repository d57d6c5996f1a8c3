"""Where a commit is: its way to production on each pipeline, and its runs, newest first. A commit that came in the
middle of a push has the runs of the push's last commit. A prefix may stand for several commits, which are then told
apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.readmodels.appearance import APPEARANCES, Appearance
from dashboard.readmodels.way_to_production import Way, way_of
from storage.model.briefs import ExecutionBrief
from storage.model.entities import StageKind, Status, Voice
from storage.model.pipeline_record import PipelineRecord
from storage.model.subject_views import PushedCommit
from storage.repositories.pipelines import Owner


@dataclass(frozen=True, slots=True)
class CommitRun:
    """own: whether it began for this very commit."""

    brief: ExecutionBrief
    appearance: Appearance
    at: int | None
    own: bool


@dataclass(frozen=True, slots=True)
class CommitHeadline:
    """Where it stands, in a line. since: of the state; suffix: behind how long ago that is."""

    title: str
    note: str
    appearance: Appearance
    since: int | None = None
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Commit:
    """pushed: how it came to each branch. ways: where one commit is meant. live_in: environments that have it, apart
    from production, the latest first, each with since when. arrived: since when all production that it goes to has it.
    next: the way whose arrival is awaited."""

    sha: str
    message: str
    author: str
    repository: str
    url: str
    change_request: str
    committed_at: int | None
    ambiguous: bool
    pushed: tuple[PushedCommit, ...]
    runs: tuple[CommitRun, ...]
    ways: tuple[Way, ...]
    headline: CommitHeadline
    live_in: tuple[tuple[str, int], ...]
    arrived: int | None
    next: Way | None


def build(
    asked: str,
    runs: Sequence[ExecutionBrief],
    owners: Mapping[str, Owner],
    pushed: Sequence[PushedCommit] = (),
    of_heads: Sequence[ExecutionBrief] = (),
) -> Commit:
    """`runs`: of commits that begin as `asked`; `of_heads`: of the last commits of the pushes it came by."""
    found = sorted({*(run.commit for run in runs), *(push.sha for push in pushed)})
    ambiguous, sha = len(found) > 1, found[0] if found else asked
    every = [*runs, *(run for run in of_heads if run.commit != sha)]
    every.sort(key=lambda run: (run.commit if ambiguous else "", -(run.started_at or run.queued_at or 0)))
    push = max(pushed, key=lambda one: one.pushed_at, default=None)
    own = next((run for run in every if run.commit == sha), None)
    ways = () if ambiguous else _ways(every, owners)
    arrived = _arrived(ways)
    return Commit(
        sha=sha,
        message=push.message if push else own.message if own else "",
        author=push.author if push else own.author if own else "",
        repository=push.repository if push else "",
        url=push.url if push else "",
        change_request=next((one.change_request for one in pushed if one.change_request), ""),
        committed_at=push.committed_at if push else None,
        ambiguous=ambiguous,
        pushed=tuple(sorted(pushed, key=lambda one: -one.pushed_at)),
        runs=tuple(
            CommitRun(run, APPEARANCES[run.status], run.started_at or run.queued_at, own=run.commit == sha or ambiguous)
            for run in every
        ),
        ways=ways,
        headline=_headline(ways, every, push, arrived),
        live_in=_live_in(ways),
        arrived=arrived,
        next=_awaited(ways),
    )


def _ways(briefs: Sequence[ExecutionBrief], owners: Mapping[str, Owner]) -> tuple[Way, ...]:
    newest: dict[str, ExecutionBrief] = {}
    for brief in sorted(briefs, key=lambda brief: brief.order):
        owner = owners.get(brief.pipeline_id)
        if owner is not None and not brief.rollback and owner.record is not None and _speaks(brief, owner.record):
            newest[brief.pipeline_id] = brief
    found = [way for id_, brief in newest.items() if (way := way_of(brief, owners[id_])) is not None]
    return tuple(sorted(found, key=lambda way: (not way.deploys, way.pipeline.casefold(), way.pipeline_id)))


def _speaks(brief: ExecutionBrief, record: PipelineRecord) -> bool:
    return brief.voice is Voice.DEFAULT or (brief.voice is Voice.TAG and record.history.by_tags)


def _arrived(ways: Sequence[Way]) -> int | None:
    goals = [way.arrived for way in ways if way.deploys]
    return max(at for at in goals if at is not None) if goals and None not in goals else None


def _live_in(ways: Sequence[Way]) -> tuple[tuple[str, int], ...]:
    found = {
        place.live.environment: place.since
        for way in ways
        for place in way.places
        if place.since is not None and place.live.kind is not StageKind.PRODUCTION
    }
    return tuple(sorted(found.items(), key=lambda one: (-one[1], one[0])))


_URGENCY = (Status.WAITING, Status.FAILED, Status.TIMED_OUT, Status.ERRORED, Status.RUNNING, Status.QUEUED)


def _awaited(ways: Sequence[Way]) -> Way | None:
    """Of those that go to production and are not there the one to look at first; without any such, of all."""
    goals = [way for way in ways if way.deploys]
    open_ = [way for way in goals or ways if way.arrived is None]
    order = {status: place for place, status in enumerate(_URGENCY)}
    return min(open_, key=lambda way: order.get(way.status, len(order)), default=None)


def _headline(
    ways: Sequence[Way], runs: Sequence[ExecutionBrief], push: PushedCommit | None, arrived: int | None
) -> CommitHeadline:
    if arrived is not None:
        return CommitHeadline("In production", "", APPEARANCES[Status.SUCCEEDED], arrived, " ago")
    way = _awaited(ways)
    if way is not None:
        before = " before production" if way.deploys else ""
        said = f"{way.said[:1].upper()}{way.said[1:]}"
        if way.status in _URGENCY:
            return CommitHeadline(said, f"{way.pipeline}{before}", way.appearance, way.since)
        note = f"{way.pipeline} has not brought it there" if way.deploys else way.pipeline
        return CommitHeadline("Not in production" if way.deploys else said, note, way.appearance)
    if runs:
        said = APPEARANCES[runs[0].status].label.capitalize()
        return CommitHeadline(said, "no run of a default branch has it", APPEARANCES[runs[0].status])
    if push is not None:
        return CommitHeadline("Pushed", f"to {push.branch}; no run has begun for it", APPEARANCES[None], push.pushed_at)
    return CommitHeadline("Not heard of", "no run and no push of this commit is known", APPEARANCES[None])
