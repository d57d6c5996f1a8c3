"""What a reader told becomes state, and how much may be asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from dashboard.history.reader import ToldRun
from dashboard.webhooks.following import follow
from storage.errors import TooLarge
from storage.model.entities import ApiQuota, Connection, Execution, Status
from storage.model.events import AnyEvent, ExecutionChanged, PipelineRef, by_execution
from storage.recording.recorder import Applied
from storage.store import Store


def apply(
    store: Store, connection: Connection, events: Sequence[AnyEvent], renames: set[str] | None = None
) -> list[Applied]:
    """Through the merge that takes webhooks. An execution that holds as much as can be kept is left as it is.
    `renames`: takes the teams whose pipelines are to be told apart later."""
    done: list[Applied] = []
    for part in by_execution(events):
        try:
            applied = store.recorder.apply(connection.team_id, part)
        except TooLarge:
            continue
        follow(store, applied, renames)
        done.append(applied)
    return done


def gone(ref: PipelineRef, execution: Execution, now: int) -> ExecutionChanged:
    """It ended, and nobody knows how: its tool knows it no more. `ref`: of its project."""
    return ExecutionChanged(
        pipeline=ref,
        tells_run=False,
        execution=execution.external_id,
        attempt=execution.attempt,
        at=now,
        status=Status.UNKNOWN,
        raw_status="gone",
        finished=True,
        finished_at=now,
        checked_at=now,
    )


def used_up_until(quota: ApiQuota | None, share: float, now: int) -> int:
    """When a tool may be asked again, milliseconds; 0 while enough of its calls are left for others. `share`: of the
    quota that may be used up, 0 to 1."""
    if quota is None or quota.resets_at <= now or quota.remaining > quota.limit * (1 - share):
        return 0
    return quota.resets_at


def digest_of(run: ToldRun) -> str:
    """Of what a list tells of a run: where it is the same, nothing has changed."""
    told = [(run.execution, run.attempt, event.status, event.at, event.raw_status) for event in run.events]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]
