"""What a team or the installation agreed on anew about stages is brought into each pipeline, and into its past."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from dashboard.jobs.fold_stale_pipelines import fold
from dashboard.jobs.job import Job, Run, raise_first
from dashboard.wakeups import WakeUp
from storage.errors import Conflict, TableMissing, Unavailable
from storage.model.apply_progress import INSTALLATION, ApplyProgress
from storage.model.document import replace
from storage.store import Store

# Pipelines after which it is noted how far it is; and of those that cannot be folded so many are waited for.
SOME, MOST_FAILED = 5, 50


def is_needed(store: Store) -> bool:
    """One query of a partition with an item for each team whose rules were changed lately."""
    return any(one.works for one in store.stage_conventions.list_progress())


def apply_conventions(run: Run) -> None:
    """One that fails keeps no other waiting."""
    errors: list[Exception] = []
    for progress in run.store.stage_conventions.list_progress():
        if progress.works and run.goes_on():
            try:
                errors += _bring_in(run, progress)
            except Conflict:
                # They were changed again meanwhile, or another process is at it: the next run sees.
                continue
    raise_first(errors)


def _bring_in(run: Run, progress: ApplyProgress) -> list[Exception]:
    """Into the pipelines that have them not yet, in the order of their ids. What went wrong."""
    store, errors = run.store, list[Exception]()
    ids = sorted(_pipelines(store, progress.scope))
    progress = store.stage_conventions.put_progress(progress, _counted(progress, ids, ()))
    left = iter([*progress.failed, *(id_ for id_ in ids if id_ > progress.cursor)])
    while some := list(islice(left, SOME)):
        failed = set[str]()
        for pipeline_id in some:
            if not run.goes_on():
                return errors
            try:
                _bring_into(store, pipeline_id)
            except (Unavailable, TableMissing):
                raise
            except Exception as error:
                errors.append(error)
                failed.add(pipeline_id)
        wanted = replace(progress, failed=tuple(sorted({*progress.failed}.difference(some) | failed)))
        wanted = _counted(replace(wanted, cursor=max(progress.cursor, *some)), ids, wanted.failed)
        progress = store.stage_conventions.put_progress(progress, wanted)
        if len(progress.failed) > MOST_FAILED:
            return errors
    if not progress.failed:
        store.stage_conventions.put_progress(progress, replace(progress, ended_at=store.now()))
    return errors


def _counted(progress: ApplyProgress, ids: list[str], failed: tuple[str, ...]) -> ApplyProgress:
    done = sum(id_ <= progress.cursor for id_ in ids) - len({*ids}.intersection(failed or progress.failed))
    return replace(progress, total=len(ids), applied=done)


def _pipelines(store: Store, scope: str) -> Iterator[str]:
    teams = [entry.team.id for entry in store.teams.list_all()] if scope == INSTALLATION else [scope]
    for team_id in teams:
        yield from store.rebuilder.list_pipelines(team_id)


def _bring_into(store: Store, pipeline_id: str) -> None:
    """Where it was not folded by them yet."""
    record = store.pipelines.find(pipeline_id)
    if record is None:
        return
    inherited = store.stage_conventions.find_inherited(record.team_id)
    if record.inherited != inherited or record.history.stale:
        fold(store, pipeline_id)


JOB = Job(
    name="apply-conventions",
    title="Read runs by changed rules about stages",
    work=apply_conventions,
    period_seconds=15.0,
    wake_ups=(WakeUp.STAGE_RULES_WERE_CHANGED,),
    lease_seconds=60.0,
    needed=is_needed,
)
