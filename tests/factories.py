"""Things to test with: events, whole runs, teams, people, connections. Every one has usable defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from storage.engines.sqlite import SqliteEngine
from storage.engines.sqlite_schema import SELECT, item_of
from storage.keys import new_id
from storage.model.accounts import Actor, Role, User
from storage.model.deliveries import Delivery
from storage.model.entities import Connection, Status, Team
from storage.model.events import ActionChanged, AnyEvent, DeploymentChanged, ExecutionChanged, PipelineRef, StageChanged
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
    key="1296269/CI",
    name="checkout · CI",
    url="https://github.com/acme/checkout/actions/workflows/ci.yml",
    repository="acme/checkout",
    default_branch="main",
)
UNNAMED = replace(REF, key="", name="", url="")


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
        "url": f"https://github.com/acme/checkout/actions/runs/{execution}",
    }
    return ExecutionChanged(**{**defaults, **changes})


def action_changed(execution: str = "5001", name: str = "build", **changes: Any) -> ActionChanged:
    defaults: dict[str, Any] = {
        "pipeline": REF,
        "execution": execution,
        "at": NOW,
        "order": int(execution) if execution.isdigit() else None,
        "status": Status.RUNNING,
        "raw_status": "in_progress",
        "stage": name,
        "action": f"{execution}-{name}",
        "name": name,
    }
    return ActionChanged(**{**defaults, **changes})


def stage_changed(execution: str = "5001", stage: str = "Build", **changes: Any) -> StageChanged:
    defaults: dict[str, Any] = {"pipeline": REF, "execution": execution, "at": NOW, "status": Status.RUNNING}
    return StageChanged(**{**defaults, **changes}, stage=stage)


def deployment_changed(execution: str = "5001", **changes: Any) -> DeploymentChanged:
    defaults: dict[str, Any] = {
        "pipeline": REF,
        "execution": execution,
        "at": NOW,
        "status": Status.SUCCEEDED,
        "finished": True,
        "finished_at": NOW,
        "deployment": f"{execution}-production",
        "environment": "production",
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
    """What a tool says of one run, in order: queued, running, a job a stage of a minute each, then the outcome (None:
    still at its last stage)."""
    common: dict[str, Any] = {"pipeline": ref, "attempt": attempt}
    begin = execution_changed(execution, status=Status.QUEUED, at=began, queued_at=began, **common, **said)
    running = replace(begin, status=Status.RUNNING, at=began + 1000, started_at=began + 1000)
    events: list[AnyEvent] = [begin, running]
    at = began + 1000
    for place, name in enumerate(stages):
        last = place == len(stages) - 1
        job = action_changed(execution, name, at=at, queued_at=at, started_at=at, **common)
        job = replace(job, action=f"{execution}-{attempt}-{name}")
        events.append(job)
        if last and outcome is None:
            return events
        at += MINUTE
        ended = outcome if last and outcome else Status.SUCCEEDED
        events.append(replace(job, status=ended, raw_status=str(ended), finished=True, at=at, finished_at=at))
    final = replace(begin, status=outcome, raw_status=str(outcome), finished=True, at=at + 500)
    return [*events, replace(final, started_at=began + 1000, finished_at=at + 500)]


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
