"""The store of the build before (tests/storage/old_format/README.md), and what tools say after it was upgraded."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dashboard.sources import SOURCES
from storage import keys
from storage.model.board_row import BoardRow
from storage.model.entities import Execution, Team
from storage.model.events import AnyEvent
from storage.model.pipeline_record import PipelineRecord
from storage.recording.recorder import Applied
from storage.store import Store
from storage.table import Item, Put, Table
from tests.dashboard.bodies import iso
from tests.factories import DAY, MINUTE, NOW

FILE = Path(__file__).parent / "old_format" / "items.json.gz"
CHUNK = 50
# What CodePipeline's keys begin with.
AWS = "210987654321/eu-west-1"
# When run 42 of CI went red.
RED_42 = NOW - 5 * DAY + 128_000


@cache
def _text() -> bytes:
    return gzip.decompress(FILE.read_bytes())


def old_items() -> list[Item]:
    items: list[Item] = json.loads(_text())
    return items


def fill(table: Table) -> None:
    """With all that the build before had written."""
    items = old_items()
    for begin in range(0, len(items), CHUNK):
        table.engine.transact([Put(item) for item in items[begin : begin + CHUNK]])


def opened(table: Table) -> Store:
    """A store over a table that holds all that the build before had written."""
    fill(table)
    store = Store(table)
    store.recorder._pause = lambda _: None
    return store


@dataclass(frozen=True)
class Workflow:
    """A GitHub workflow as its events tell it now. `base`: what its runs are numbered from."""

    repository: int
    project: str
    id: int
    name: str
    path: str
    base: int

    @property
    def key(self) -> str:
        return f"github.com/{self.repository}/{self.id}"

    @property
    def old_key(self) -> str:
        return f"{self.repository}/{self.name}"


CI = Workflow(1296269, "checkout", 77, "CI", ".github/workflows/ci.yml", 5_000)
DELIVER = Workflow(1296269, "checkout", 78, "Deliver", ".github/workflows/deliver.yml", 6_000)
NIGHTLY = Workflow(1296269, "checkout", 79, "Nightly", ".github/workflows/nightly.yml", 7_000)
LINT = Workflow(1296269, "checkout", 80, "Lint", ".github/workflows/lint.yml", 8_000)
DEPENDABOT = Workflow(1296269, "checkout", 90, "", "dynamic/dependabot/dependabot-updates", 9_000)
WEB = Workflow(1296270, "shop", 101, "Build", ".github/workflows/web.yml", 10_000)
API = Workflow(1296270, "shop", 102, "Build", ".github/workflows/api.yml", 11_000)
LEDGER_UI = Workflow(1296271, "ledger-ui", 111, "CI", ".github/workflows/main.yml", 13_000)
SAFE = Workflow(1296280, "safe", 121, "CI", ".github/workflows/ci.yml", 14_000)


def _body(workflow: Workflow, said: dict[str, Any]) -> dict[str, Any]:
    project = workflow.project
    repository = {
        "id": workflow.repository,
        "name": project,
        "full_name": f"acme/{project}",
        "html_url": f"https://github.com/acme/{project}",
        "default_branch": "main",
        "owner": {"login": "acme"},
    }
    return {**said, "repository": repository, "sender": {"login": "mara"}}


def run_said(
    workflow: Workflow, number: int, status: str = "queued", conclusion: str | None = None, at: int = NOW, **run: Any
) -> Sequence[AnyEvent]:
    """The events of a workflow_run body."""
    said = {
        "id": workflow.base + number,
        "name": workflow.name,
        "run_number": number,
        "run_attempt": 1,
        "status": status,
        "conclusion": conclusion,
        "head_branch": "main",
        "head_sha": "5e" * 20,
        "event": "push",
        "workflow_id": workflow.id,
        "path": workflow.path,
        "display_title": f"Change {number}",
        "html_url": f"https://github.com/acme/{workflow.project}/actions/runs/{workflow.base + number}",
        "created_at": iso(at - MINUTE),
        "run_started_at": iso(at - MINUTE),
        "updated_at": iso(at),
        **run,
    }
    return _events("workflow_run", _body(workflow, {"action": status, "workflow_run": said}))


def job_said(
    workflow: Workflow, number: int, job: str, place: int, status: str, conclusion: str | None = None, at: int = NOW
) -> Sequence[AnyEvent]:
    """The events of a workflow_job body."""
    run = workflow.base + number
    said = {
        "id": run * 100 + 10 + place,
        "run_id": run,
        "run_attempt": 1,
        "name": job,
        "workflow_name": workflow.name,
        "status": status,
        "conclusion": conclusion,
        "head_branch": "main",
        "head_sha": "5e" * 20,
        "created_at": iso(at - MINUTE),
        "started_at": iso(at - MINUTE),
        "completed_at": iso(at) if conclusion else None,
        "runner_id": 3,
        "runner_name": "hosted 3",
    }
    return _events("workflow_job", _body(workflow, {"action": status, "workflow_job": said}))


def _events(kind: str, body: dict[str, Any]) -> Sequence[AnyEvent]:
    headers = {"content-type": "application/json", "x-github-event": kind, "x-github-delivery": "d"}
    return SOURCES["github"].parse(headers, json.dumps(body).encode()).events


def team(store: Store, slug: str = "payments") -> Team:
    found = store.teams.find_by_slug(slug)
    assert found is not None
    return found


def tell(store: Store, events: Sequence[AnyEvent], slug: str = "payments") -> Applied:
    """As a webhook does: the event, then what follows from it."""
    applied = store.recorder.apply(team(store, slug).id, events)
    if applied.renames:
        store.rebuilder.rename(applied.team_id)
    if applied.stale:
        store.rebuilder.fold(applied.pipeline_id)
    return applied


def rebuild(store: Store) -> int:
    """How many pipelines and boards changed."""
    changed = 0
    for entry in store.teams.list_all():
        changed += sum(store.rebuilder.fold(id_) for id_ in store.rebuilder.list_pipelines(entry.team.id))
        changed += store.rebuilder.rename(entry.team.id)
    return changed


def pipeline_id(store: Store, key: str, source: str = "github", slug: str = "payments") -> str:
    return keys.pipeline_id(team(store, slug).id, source, key)


def rows(store: Store, slug: str = "payments") -> dict[str, BoardRow]:
    """By the tool's key."""
    found = {}
    for stored in store.pipelines.list_board(team(store, slug).id, hidden=True):
        record = store.pipelines.find(stored.id)
        assert record is not None
        found[record.key] = stored.row()
    return found


def record_of(store: Store, key: str, source: str = "github") -> PipelineRecord:
    found = store.pipelines.find(pipeline_id(store, key, source))
    assert found is not None
    return found


def history(store: Store, id_: str) -> list[str]:
    """Ids of a pipeline's executions as its page lists them."""
    found, cursor = [], None
    while True:
        page = store.executions.list_of_pipeline(id_, 10, cursor)
        found += [brief.id for brief in page.items]
        cursor = page.next
        if cursor is None:
            return found


def old_histories() -> dict[str, set[str]]:
    """Ids of executions by the pipeline that the build before listed them under."""
    found: dict[str, set[str]] = {}
    for item in old_items():
        if "history_pk" in item and str(item["pk"]).startswith("EXECUTION#"):
            found.setdefault(str(item["history_pk"])[9:], set()).add(str(item["pk"])[10:])
    return found


def execution(store: Store, workflow: Workflow, number: int) -> Execution:
    id_ = keys.execution_id(team(store).id, "github", str(workflow.base + number))
    return store.executions.get(id_)
