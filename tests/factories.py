"""Things to test with: events, whole runs, teams, people, connections. Every one has usable defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.engines.sqlite import SqliteEngine
from storage.engines.sqlite_schema import SELECT, item_of
from storage.keys import new_id, pipeline_id
from storage.model.accounts import Actor, Role, User
from storage.model.deliveries import Delivery
from storage.model.document import replace
from storage.model.entities import Connection, Status, Team
from storage.model.events import (
    ActionChanged,
    AnyEvent,
    DeploymentChanged,
    ExecutionChanged,
    Origin,
    PipelineRef,
    StageChanged,
)
from storage.store import Store
from storage.table import Item

# 2026-11-23T12:00:00Z, in milliseconds.
NOW = 1_795_435_200_000
MINUTE = 60_000
DAY = 86_400_000
PASSWORD = "correct-horse-9"
SECRET = "a-secret-of-a-webhook"
SHA = "7c3e1fa0b1c2d3e4f5061728394a5b6c7d8e9f00"
# Whoever does things in tests.
BY = Actor("", "a test", "127.0.0.1")
TEAM_ID = "6f1d3c0a-8d1e-4f0e-9a51-0f4b6a0f9d11"


# Hundreds of short-lived stores need not wait for a disk.
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


@dataclass
class Clock:
    """Stands still until moved. Milliseconds."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now

    def move(self, milliseconds: int) -> None:
        self.now += milliseconds


REF = PipelineRef(
    source="github",
    key="github.com/1296269/4711",
    name="CI",
    url="https://github.com/acme/checkout/actions/workflows/ci.yml",
    repository="acme/checkout",
    default_branch="main",
    project="checkout",
    owner="acme",
    place="github.com",
    path=".github/workflows/ci.yml",
)


def unnamed(ref: PipelineRef) -> PipelineRef:
    """What jobs tell of their workflow: its repository alone."""
    return replace(ref, key="", name="", url="", path="", aliases=())


UNNAMED = unnamed(REF)


def execution_changed(execution: str = "5001", **changes: Any) -> ExecutionChanged:
    defaults: dict[str, Any] = {
        "pipeline": REF,
        "execution": execution,
        "at": NOW,
        "order": int(execution) if execution.isdigit() else None,
        "status": Status.RUNNING,
        "raw_status": "in_progress",
        "queued_at": NOW - MINUTE,
        "number": "17",
        "branch": "main",
        "commit": SHA,
        "message": "Retry once on issuer timeout",
        "author": "Mara Lindqvist",
        "trigger": "push",
        "origin": Origin.BRANCH,
        "url": f"https://github.com/acme/checkout/actions/runs/{execution}",
    }
    return ExecutionChanged(**{**defaults, **changes})


def action_changed(execution: str = "5001", name: str = "build", **changes: Any) -> ActionChanged:
    """A job, which names its run alone; with a pipeline that has a key: an action that tells which it is of."""
    defaults: dict[str, Any] = {
        "pipeline": UNNAMED,
        "execution": execution,
        "at": NOW,
        "order": int(execution) if execution.isdigit() else None,
        "status": Status.RUNNING,
        "raw_status": "in_progress",
        "stage": name,
        "action": f"{execution}-{name}",
        "name": name,
        "tells_run": bool(changes.get("pipeline", UNNAMED).key),
    }
    return ActionChanged(**{**defaults, **changes})


def stage_changed(execution: str = "5001", stage: str = "Build", **changes: Any) -> StageChanged:
    defaults: dict[str, Any] = {"pipeline": REF, "execution": execution, "at": NOW, "status": Status.RUNNING}
    return StageChanged(**{**defaults, **changes}, stage=stage)


def deployment_changed(execution: str = "5001", **changes: Any) -> DeploymentChanged:
    """Names the workflow, and leaves open for which branch its run is."""
    defaults: dict[str, Any] = {
        "pipeline": REF,
        "execution": execution,
        "at": NOW,
        "order": int(execution) if execution.isdigit() else None,
        "status": Status.SUCCEEDED,
        "finished": True,
        "finished_at": NOW,
        "deployment": f"{execution}-production",
        "environment": "production",
        "tells_run": False,
    }
    return DeploymentChanged(**{**defaults, **changes})


STAGES = ("build", "test", "deploy production")


def a_run(
    execution: str = "5001",
    *,
    began: int = NOW - 30 * MINUTE,
    outcome: Status | None = Status.SUCCEEDED,
    stages: tuple[str, ...] = STAGES,
    attempt: int = 1,
    ref: PipelineRef = REF,
    **said: Any,
) -> list[AnyEvent]:
    """What GitHub says of one run, in order: queued (not of a re-run), running, a job a stage of a minute each, then
    the outcome (None: still at its last stage). Jobs name their run alone, and only they tell when work began."""
    common: dict[str, Any] = {"attempt": attempt}
    begin = execution_changed(
        execution, status=Status.QUEUED, raw_status="queued", at=began, queued_at=began, pipeline=ref, **common, **said
    )
    running = replace(begin, status=Status.RUNNING, raw_status="in_progress", at=began + 1000)
    events: list[AnyEvent] = [begin, running] if attempt == 1 else [running]
    at = began + 1000
    for place, name in enumerate(stages):
        last = place == len(stages) - 1
        job = action_changed(execution, name, at=at, queued_at=at, started_at=at, **common)
        job = replace(job, action=f"{execution}-{attempt}-{name}", pipeline=unnamed(ref))
        events.append(job)
        if last and outcome is None:
            return events
        at += MINUTE
        ended = outcome if last and outcome else Status.SUCCEEDED
        events.append(replace(job, status=ended, raw_status=str(ended), finished=True, at=at, finished_at=at))
    if outcome is None:
        return events
    final = replace(begin, status=outcome, raw_status=str(outcome), finished=True, at=at + 500)
    return [*events, replace(final, finished_at=at + 500)]


CODEPIPELINE = PipelineRef(
    source="codepipeline",
    key="210987654321/eu-west-1/ledger",
    name="ledger",
    url="https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/ledger/view?region=eu-west-1",
    owner="210987654321",
    place="eu-west-1",
)
RESUMABLE: dict[str, Any] = {"pipeline": CODEPIPELINE, "absorbing": False}


def pipeline_execution(execution: str, status: Status, at: int, **changes: Any) -> ExecutionChanged:
    """What CodePipeline says of an execution: no number, no branch, and nothing that could not be reopened."""
    return ExecutionChanged(
        **{
            **RESUMABLE,
            "execution": execution,
            "at": at,
            "status": status,
            "raw_status": str(status).upper(),
            "finished": status.finished,
            "started_at": at if status is Status.RUNNING else None,
            "finished_at": at if status.finished else None,
            **changes,
        }
    )


def pipeline_stage(execution: str, stage: str, status: Status, at: int, **changes: Any) -> StageChanged:
    """What CodePipeline says of a stage, whose red end is the execution's."""
    return StageChanged(
        **{
            **RESUMABLE,
            "execution": execution,
            "stage": stage,
            "at": at,
            "status": status,
            "raw_status": str(status).upper(),
            "finished": status.finished,
            "started_at": at if status is Status.RUNNING else None,
            "finished_at": at if status.finished else None,
            "decisive": True,
            **changes,
        }
    )


def pipeline_action(execution: str, stage: str, status: Status, at: int, **changes: Any) -> ActionChanged:
    """What CodePipeline says of a stage's only action; one that waits is an approval."""
    return ActionChanged(
        **{
            **RESUMABLE,
            "execution": execution,
            "stage": stage,
            "action": f"{stage}/act",
            "name": "act",
            "at": at,
            "status": status,
            "raw_status": str(status).upper(),
            "finished": status.finished,
            "started_at": at if status in (Status.RUNNING, Status.WAITING) else None,
            "finished_at": at if status.finished else None,
            **changes,
        }
    )


def a_pipeline_execution(
    execution: str,
    *,
    began: int = NOW - 30 * MINUTE,
    outcome: Status | None = Status.SUCCEEDED,
    stages: tuple[str, ...] = ("Source", "Build", "Prod"),
    **said: Any,
) -> list[AnyEvent]:
    """What CodePipeline says of one execution, in order, each stage a minute; None: still at its last stage."""
    events: list[AnyEvent] = [pipeline_execution(execution, Status.RUNNING, began, **said)]
    at = began
    for place, stage in enumerate(stages):
        last = place == len(stages) - 1
        events += [part(execution, stage, Status.RUNNING, at) for part in (pipeline_stage, pipeline_action)]
        if last and outcome is None:
            return events
        at += MINUTE
        ended = outcome if last and outcome else Status.SUCCEEDED
        events += [part(execution, stage, ended, at) for part in (pipeline_action, pipeline_stage)]
    return [*events, pipeline_execution(execution, outcome, at + 500)] if outcome else events


def pipeline_id_of(team_id: str, ref: PipelineRef) -> str:
    return pipeline_id(team_id, ref.source, ref.key)


def record(store: Store, events: Sequence[AnyEvent], team_id: str = TEAM_ID) -> str:
    """Apply one by one; the execution's id."""
    return [store.recorder.apply(team_id, [event]) for event in events][-1].execution_id


def stored_items(store: Store) -> list[Item]:
    """All that stands in an embedded store, in key order."""
    assert isinstance(store.table.engine, SqliteEngine)
    with store.table.engine._connection() as connection:
        rows = connection.execute(f"{SELECT} ORDER BY pk, sk").fetchall()
    return [item_of(row) for row in rows]


def delivery(key: str = "d-1", connection_id: str = "c" * 32, **changes: Any) -> Delivery:
    return replace(Delivery(connection_id, key, "workflow_run.completed", NOW, 202, "applied"), **changes)


def a_team(store: Store, name: str = "Payments", slug: str = "payments", **changes: Any) -> Team:
    return store.teams.create(name, slug, BY, **changes)


def a_user(store: Store, email: str = "mara@example.com", *, is_admin: bool = False, **changes: Any) -> User:
    """With the password PASSWORD."""
    from django.contrib.auth.hashers import make_password

    defaults: dict[str, Any] = {"name": "Mara Lindqvist", "password": make_password(PASSWORD), "created_at": NOW}
    user = User(id=new_id(), email=email, is_admin=is_admin, **{**defaults, **changes})
    store.users.create(user, BY)
    return user


def administrator(store: Store) -> User:
    return a_user(store, "admin@example.com", is_admin=True, name="Ada Admin")


def a_member(store: Store, team: Team, role: Role, email: str = "", **changes: Any) -> User:
    """Somebody with this role in the team."""
    user = a_user(store, email or f"{role}@example.com", **{"name": str(role).capitalize(), **changes})
    return store.members.set_role(user, team, role, BY)


def a_connection(
    store: Store, team_id: str, source: str = "github", secret: str = SECRET, **changes: Any
) -> Connection:
    from dashboard.auth.sealing import seal

    sealed = seal(secret) if secret else ""
    connection = replace(Connection(new_id(), team_id, source, sealed, NOW), **changes)
    store.connections.create(connection, BY)
    return connection
