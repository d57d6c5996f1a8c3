"""Entities as the API shows them: camelCase, times in ISO 8601 UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from storage.model.board_row import BoardRow, LatestExecution
from storage.model.briefs import ExecutionBrief
from storage.model.conditions import condition
from storage.model.entities import Action, Execution, Stage, Status, Team
from storage.model.quiet import QuietConnection
from storage.model.verdicts import RunRef, Verdict

MOST_IN_FLIGHT = 8


def time(at: int | None) -> str | None:
    """Milliseconds since the epoch as 2026-11-23T00:21:15.000Z."""
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def team(found: Team) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "slug": found.slug,
        "createdAt": time(found.created_at),
        "updatedAt": time(found.updated_at),
    }


def quiet_connection(found: QuietConnection) -> dict[str, Any]:
    """One of which nothing is taken."""
    return {
        "id": found.connection_id,
        "source": found.source,
        "name": found.name or None,
        "reason": found.reason.value,
        "lastEventAt": time(found.since or None),
        "askedAt": time(found.asked_at or None),
        "eventsLost": found.missed,
    }


def pipeline(row: BoardRow, now: int) -> dict[str, Any]:
    return {
        "id": row.id,
        "teamId": row.team_id,
        "name": row.name,
        "label": row.label,
        "source": row.source,
        "repository": row.repository or None,
        "url": row.url or None,
        "defaultBranch": row.default_branch or None,
        "condition": condition(row, now).value,
        "result": _result(row),
        "inFlight": [_in_flight(one) for one in _foremost(row)],
        "inFlightCount": len(row.in_flight),
        "usualSeconds": row.usual_seconds,
        "firstAttempts": {"green": row.rate.green, "counted": row.rate.counted, "greenOnRerun": row.rate.rerun},
        "about": [{"ref": one.ref, "status": one.status.value, "executionId": one.execution_id} for one in row.about],
        "latestExecution": _latest(row, row.latest) if row.latest else None,
        "expected": _expected(row),
    }


def _expected(row: BoardRow) -> dict[str, Any] | None:
    """When the next run is to come, while none is in flight."""
    expects = row.expectation
    if expects is None:
        return None
    return {
        "by": expects.by.value,
        "dueAt": time(expects.due_at),
        "lateAt": time(expects.late_at),
        "periodSeconds": expects.period_seconds,
        "basis": expects.basis or None,
    }


def verdict(found: Verdict | None) -> dict[str, Any] | None:
    """Why an execution is red; None where it is not."""
    if found is None:
        return None
    return {
        "cause": found.cause.value,
        "stages": [
            {
                "stage": each.stage or None,
                "cause": each.cause.value,
                "evidence": _run_ref(each.evidence) if each.evidence else None,
                "suspects": [_run_ref(one) for one in each.suspects],
            }
            for each in found.stages
        ],
    }


def _run_ref(one: RunRef) -> dict[str, Any]:
    return {"executionId": one.execution_id, "number": one.number, "commit": one.commit or None, "author": one.author}


def _result(row: BoardRow) -> dict[str, Any] | None:
    """The standing result."""
    result = row.result
    if result is None:
        return None
    return {
        "status": result.status.value,
        "since": time(result.since),
        "finishedAt": time(result.at),
        "stage": result.stage or None,
        "executionId": result.execution_id,
        "number": result.number,
        "firstRed": result.first_red_id or None,
        "redeploy": result.redeploy,
        "rolledBack": result.rolled_back_at is not None,
        "takenBy": row.taken.name if row.taken else None,
    }


def _foremost(row: BoardRow) -> list[LatestExecution]:
    """The leader, then the others, newest first. Of very many those that wait for a person are not left out."""
    leader, rest = row.in_flight[:1], row.in_flight[1:]
    kept = sorted(rest, key=lambda one: one.status is not Status.WAITING)[: MOST_IN_FLIGHT - 1]
    return [*leader, *(one for one in rest if one in kept)]


def _in_flight(one: LatestExecution) -> dict[str, Any]:
    return {
        "id": one.execution_id,
        "executionId": one.execution_id,
        "number": one.number,
        "attempt": one.attempt,
        "status": one.status.value,
        "stage": one.place or None,
        "branch": one.ref or None,
        "commit": one.commit or None,
        "redeploy": one.redeploy,
        "queuedAt": time(one.queued_at),
        "startedAt": time(one.started_at),
        "lastEventAt": time(one.last_event_at),
    }


def _latest(row: BoardRow, latest: LatestExecution) -> dict[str, Any]:
    return {
        "id": latest.execution_id,
        "number": latest.number,
        "attempt": latest.attempt,
        "status": latest.status.value,
        "commit": latest.commit or None,
        "branch": latest.branch or None,
        "message": latest.message or None,
        "queuedAt": time(latest.queued_at),
        "startedAt": time(latest.started_at),
        "finishedAt": time(latest.finished_at),
        "stages": [
            {
                "name": stage.name,
                "kind": stage.kind.value,
                "status": stage.status.value,
                "startedAt": time(stage.started_at),
                "finishedAt": time(stage.finished_at),
            }
            for stage in row.stages
            if stage.status is not None
        ],
    }


def brief(found: ExecutionBrief) -> dict[str, Any]:
    return {
        "id": found.id,
        "externalId": found.external_id,
        "pipelineId": found.pipeline_id,
        "pipelineName": found.pipeline_name,
        "number": found.number,
        "attempt": found.attempt,
        "status": found.status.value,
        "commit": found.commit or None,
        "branch": found.branch or None,
        "message": found.message or None,
        "queuedAt": time(found.queued_at),
        "startedAt": time(found.started_at),
        "finishedAt": time(found.finished_at),
        "url": found.url or None,
        "stages": [{"name": stage.name, "status": stage.status.value} for stage in found.stages],
    }


def execution(found: Execution) -> dict[str, Any]:
    return {
        "id": found.id,
        "externalId": found.external_id,
        "pipelineId": found.pipeline_id,
        "pipelineName": found.pipeline_name,
        "source": found.source,
        "number": found.number,
        "attempt": found.attempt,
        "status": found.status.value,
        "rawStatus": found.raw_status or None,
        "commit": found.commit or None,
        "branch": found.branch or None,
        "message": found.message or None,
        "author": found.author or None,
        "actor": found.actor or None,
        "trigger": found.trigger or None,
        "url": found.url or None,
        "queuedAt": time(found.queued_at),
        "startedAt": time(found.started_at),
        "finishedAt": time(found.finished_at),
        "ref": found.ref or None,
        "rollback": found.rollback,
        "humanWaitSeconds": round(found.wait_ms / 1000),
        "queueSeconds": found.queue_seconds,
        "attempts": [
            {
                "number": a.number,
                "status": a.status.value,
                "startedAt": time(a.started_at),
                "finishedAt": time(a.finished_at),
            }
            for a in found.attempts
        ],
        "stages": [_stage(stage) for stage in found.stages],
        "deployments": [
            {"environment": d.environment, "status": d.status.value, "at": time(d.at), "url": d.url or None}
            for d in found.deployments
        ],
    }


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        **_timed(stage),
        "kind": stage.kind.value,
        "carriedOver": stage.carried,
        "pending": stage.pending,
        "actions": [_timed(action) for action in stage.actions],
    }


def _timed(part: Stage | Action) -> dict[str, Any]:
    return {
        "name": part.name,
        "status": part.status.value,
        "rawStatus": part.raw_status or None,
        "attempt": part.attempt,
        "queuedAt": time(part.queued_at),
        "startedAt": time(part.started_at),
        "finishedAt": time(part.finished_at),
        "url": part.url or None,
    }
