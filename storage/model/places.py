"""What is live in each place that a pipeline's stages deploy to, and what is behind it. Pure.

It follows from the runs that the pipeline remembers and those in flight. Definition: docs/environments.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from storage.model.board_row import LatestExecution
from storage.model.conventions import environment_in
from storage.model.document import Document
from storage.model.entities import StageKind, Status
from storage.model.run import Run, StageCell
from storage.model.run_history import RunHistory
from storage.model.verdicts import RunRef, ref_of

DEPLOYING = frozenset({StageKind.DEPLOY, StageKind.PRODUCTION})
MOST_BEHIND = 20


class LiveVersion(Document, frozen=True):
    """What is live where a stage puts versions. run: that brought it there, at `at` (milliseconds); made: the run whose
    version it is, an earlier one after a rollback. how: "deployed", "rolled back", or "deployed again" where a newer
    one had been there. behind: runs of the default branch that ended green or red since that version, newest first, as
    many as are remembered; since: when the oldest of them began.
    version: the order of the run that made it, None where that is not known."""

    stage: str
    kind: StageKind
    run: RunRef
    made: RunRef
    at: int
    how: str
    version: int | None
    behind: tuple[RunRef, ...] = ()
    since: int | None = None

    @property
    def environment(self) -> str:
        return environment_in(self.stage)


class _Came(NamedTuple):
    at: int
    order: int
    cell: StageCell
    run: Run


def places_of(history: RunHistory, in_flight: Sequence[LatestExecution] = ()) -> list[LiveVersion]:
    """In the order of the line, places of the newest run first. A run in flight, which may wait for days, has put its
    version where it has passed."""
    runs = _runs(history, in_flight)
    came: dict[str, list[_Came]] = {}
    for one in _arrivals(runs):
        came.setdefault(one.cell.name, []).append(one)
    order = {name: place for place, name in enumerate(_line(runs))}
    found = [_place(arrivals, history) for arrivals in came.values()]
    return sorted(found, key=lambda place: (order.get(place.stage, len(order)), place.stage))


class Reach(NamedTuple):
    """Whether a version is, or is part of what is, live in a place: since when, None where it is not there."""

    live: LiveVersion
    since: int | None


def reached(history: RunHistory, order: int, in_flight: Sequence[LatestExecution] = ()) -> list[Reach]:
    """Where the version of the default branch's run of that order is."""
    came: dict[str, list[_Came]] = {}
    for one in _arrivals(_runs(history, in_flight)):
        came.setdefault(one.cell.name, []).append(one)
    return [Reach(live, _since(came[live.stage], live, order, history)) for live in places_of(history, in_flight)]


def _runs(history: RunHistory, in_flight: Sequence[LatestExecution]) -> list[Run]:
    """Of a run that is run again what is in flight, which has what was carried over."""
    flying = {one.execution_id: run_in_flight(one) for one in in_flight}
    known = (*history.runs, *history.tags, *history.redeploys)
    return [*flying.values(), *(run for run in known if run.id not in flying)]


def run_in_flight(one: LatestExecution) -> Run:
    """As far as its row tells."""
    return Run(
        id=one.execution_id,
        number=one.number,
        order=one.order,
        voice=one.voice,
        status=one.status,
        attempt=one.attempt,
        commit=one.commit,
        message=one.message,
        author=one.author,
        stages=one.stages,
        rollback=one.rollback,
    )


def _since(arrivals: Iterable[_Came], live: LiveVersion, order: int, history: RunHistory) -> int | None:
    """When it came, without a break until now."""
    if live.version is None or live.version < order:
        return None
    since: int | None = None
    for one in sorted(arrivals, key=lambda one: (one.at, one.order)):
        made = made_by(one.run, history)
        there = made is not None and made.order >= order
        since = (since if since is not None else one.at) if there else None
    return since


def _arrivals(runs: Iterable[Run]) -> Iterator[_Came]:
    for run in runs:
        for cell in run.stages:
            if cell.kind in DEPLOYING and cell.status is Status.SUCCEEDED and cell.finished_at is not None:
                yield _Came(cell.finished_at, run.order, cell, run)


def _line(runs: Iterable[Run]) -> list[str]:
    newest = max((run for run in runs if run.stages), key=lambda run: (len(run.stages), run.order), default=None)
    return [cell.name for cell in newest.stages] if newest else []


def _place(arrivals: list[_Came], history: RunHistory) -> LiveVersion:
    live = max(arrivals, key=lambda one: (one.at, one.order))
    newer = any(one.order > live.order for one in arrivals if one is not live)
    how = "rolled back" if live.run.rollback else "deployed again" if newer else "deployed"
    made = made_by(live.run, history)
    behind = _behind(made.order, history) if made is not None else []
    return LiveVersion(
        stage=live.cell.name,
        kind=live.cell.kind,
        run=ref_of(live.run),
        made=ref_of(made or live.run),
        at=live.at,
        how=how,
        version=made.order if made is not None else None,
        behind=tuple(map(ref_of, behind[:MOST_BEHIND])),
        since=min((at for run in behind if (at := run.attempts[0].began_at)), default=None),
    )


def _behind(version: int, history: RunHistory) -> list[Run]:
    there = {run.commit for run in history.runs if run.order <= version and run.commit}
    spoken = history.tags if history.by_tags else history.runs
    found = [run for run in spoken if run.order > version and run.says and not run.rollback]
    return sorted((run for run in found if run.commit not in there), key=lambda run: -run.order)


def made_by(run: Run, history: RunHistory) -> Run | None:
    """The run that made the version: itself, or the earlier one that a rollback puts back, by the tool's id of it,
    which its number begins, or by its commit. None where that is not remembered."""
    if not run.rollback:
        return run
    earlier = [one for one in history.runs if one.order < run.order]
    named = [one for one in earlier if one.number and run.rollback_to.startswith(one.number)]
    alike = [one for one in earlier if run.commit and one.commit == run.commit]
    return max(named or alike, key=lambda one: one.order, default=None)
