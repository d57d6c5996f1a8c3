"""Why jobs of an execution failed: their logs read, excerpts kept, and like ones counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboard.failures import green_lines
from dashboard.failures.excerpt import excerpt_of
from dashboard.failures.steps import failing_step
from dashboard.tool_apis.errors import ApiError, HostRefused, NotPermitted, OverQuota, TokenRefused
from dashboard.webhooks.job_logs import LogReader
from storage.model.document import replace
from storage.model.entities import Action, Execution, Stage, Status
from storage.model.failures import MOST_OF_EXECUTION, FailureBrief, GreenLines, JobFailure
from storage.model.pipeline_record import PipelineRecord
from storage.model.run import Run
from storage.store import Store

DAY_MS = 86_400_000
# Another try would not help: somebody has to change something.
FINAL = (HostRefused, NotPermitted, TokenRefused)
MOST_RUNS_LOOKED_AT, MOST_TOLD = 3, 20


def failed_jobs(execution: Execution) -> list[tuple[Stage, Action]]:
    """Of the attempt at hand, in the order in which they failed."""
    found = [
        (stage, action)
        for stage in execution.stages
        for action in stage.actions
        if action.status.red and not action.carried and action.attempt == execution.attempt
    ]
    return sorted(found, key=lambda each: (each[1].finished_at or 0, each[1].key))[:MOST_OF_EXECUTION]


class FailureReader:
    """Of one execution. expires: when that does, epoch seconds."""

    def __init__(
        self, store: Store, logs: LogReader, record: PipelineRecord, execution: Execution, expires: int
    ) -> None:
        self._store, self._logs, self._record = store, logs, record
        self._execution, self._expires = execution, expires

    def read(self, *, last: bool) -> Iterator[JobFailure]:
        """One job after the other, those that were read before left out. `last`: what cannot be read by now is kept as
        such. Raises ApiError where it is to be tried again, OverQuota in any case."""
        jobs = failed_jobs(self._execution)
        known = (
            {each.place: each for each in self._store.failures.find_all(self._execution.id, len(jobs))} if jobs else {}
        )
        for place, (stage, action) in enumerate(jobs):
            old = known.get(place)
            if old is not None and (old.job_key, old.attempt) == (action.key, self._execution.attempt):
                continue
            yield self._kept(
                _blank(self._store, self._record, self._execution, place, action), stage, action, last=last
            )

    def _kept(self, blank: JobFailure, stage: Stage, action: Action, *, last: bool) -> JobFailure:
        try:
            log = self._logs.read(self._execution, action)
        except OverQuota:
            raise
        except ApiError as error:
            if not last and not isinstance(error, FINAL):
                raise
            return self._put(replace(blank, problem=str(error)))
        step = failing_step(log.steps, log.told)
        if step is None:
            return self._put(replace(blank, problem="it is empty"))
        found = excerpt_of(step, self._green(stage, action))
        failure = replace(blank, step=found.step, lines=found.lines, cut=found.truncated, fingerprint=found.fingerprint)
        return self._put(self._counted(failure))

    def _put(self, failure: JobFailure) -> JobFailure:
        self._store.failures.put(failure, self._execution.number, self._expires)
        return failure

    def _green(self, stage: Stage, action: Action) -> frozenset[bytes]:
        """Of the newest run in which this job was green, read once. None where that cannot be had: then all is new."""
        failures, pipeline_id = self._store.failures, self._record.id
        kept = failures.find_green_lines(pipeline_id, stage.name, action.name)
        for run in self._green_runs(stage):
            if kept is not None and kept.execution_id == run.id:
                return green_lines.unpacked(kept.hashes)
            green = self._store.executions.find(run.id)
            job = _job_of(green, stage.name, action.name) if green else None
            if green is None or job is None:
                continue
            try:
                steps = self._logs.read(green, job, failed=False).steps
            except OverQuota:
                raise
            except ApiError:
                break
            lines = GreenLines(run.id, green_lines.packed(steps))
            failures.put_green_lines(pipeline_id, stage.name, action.name, lines)
            return green_lines.unpacked(lines.hashes)
        return green_lines.unpacked(kept.hashes) if kept else frozenset()

    def _green_runs(self, stage: Stage) -> list[Run]:
        """Newest first, those in which the stage may have been green."""
        history = self._record.history
        runs = [run for run in (*history.runs, *history.tags) if run.id != self._execution.id]
        green = [
            run
            for run in runs
            if run.status is Status.SUCCEEDED
            or any(cell.name == stage.name and cell.status is Status.SUCCEEDED for cell in run.stages)
        ]
        return sorted(green, key=lambda run: -run.order)[:MOST_RUNS_LOOKED_AT]

    def _counted(self, failure: JobFailure) -> JobFailure:
        """With how many pipelines failed alike within a day; those that did are told of it, too."""
        if not failure.fingerprint:
            return failure
        store = self._store
        alike = store.failures.list_alike(failure.fingerprint, failure.at - DAY_MS)
        mine = FailureBrief(failure.execution_id, failure.place, failure.team_id, failure.pipeline_id, "", failure.at)
        alike = [mine, *(one for one in alike if one.pipeline_id != failure.pipeline_id)]
        if len(alike) == 1:
            return failure
        count = _Alike(store, store.pipelines.fitting(alike))
        store.failures.tell_alike(alike[1 : 1 + MOST_TOLD], count.of)
        return count.of(failure)


def give_up(store: Store, record: PipelineRecord, execution: Execution, expires: int, why: str) -> None:
    """Keep of all failed jobs why their logs are not read."""
    for place, (_, action) in enumerate(failed_jobs(execution)):
        failure = replace(_blank(store, record, execution, place, action), problem=why)
        store.failures.put(failure, execution.number, expires)


def _blank(store: Store, record: PipelineRecord, run: Execution, place: int, action: Action) -> JobFailure:
    now = store.now()
    ids = (record.team_id, record.id, action.key)
    return JobFailure(run.id, place, run.attempt, *ids, action.name[:200], at=now, since=now)


class _Alike:
    """How many pipelines failed alike, as far as a team's members may know: their own ones and those of open teams."""

    def __init__(self, store: Store, alike: Sequence[FailureBrief]) -> None:
        self._alike, self._owners = alike, store.pipelines.owners(alike).by_pipeline

    def of(self, failure: JobFailure) -> JobFailure:
        known: dict[str, int] = {}
        for one in self._alike:
            owner = self._owners.get(one.pipeline_id)
            if owner is not None and (owner.team.is_open or owner.team.id == failure.team_id):
                known[one.pipeline_id] = min(one.at, known.get(one.pipeline_id, one.at))
        if len(known) < 2:
            return failure
        return replace(failure, pipelines=len(known), since=min(known.values()))


def _job_of(execution: Execution, stage: str, job: str) -> Action | None:
    """The one of this name, where it was green and ran in this very attempt."""
    actions = (action for each in execution.stages if each.name == stage for action in each.actions)
    return next(
        (one for one in actions if one.name == job and one.status is Status.SUCCEEDED and not one.carried), None
    )
