"""Pipelines, executions and commits, read."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router
from ninja.errors import HttpError

from dashboard.auth.policy import VIEW, authorize, authorize_reading, sees
from dashboard.formats import api as format_api
from dashboard.readmodels.search import SHA
from dashboard.screens import EXECUTION
from dashboard.screens.commit import Sees, read_commit
from dashboard.screens.screen import View, look_at
from dashboard.store import get_store
from dashboard.views import cursors
from dashboard.views.api.bodies import bearer
from storage import keys
from storage.model.entities import Team
from storage.model.pipeline_record import PipelineRecord

router = Router()
MOST = 100


@router.get("/pipelines/{pipeline_id}", summary="One pipeline with its latest execution")
def pipeline(request: HttpRequest, pipeline_id: str) -> dict[str, Any]:
    store = get_store()
    record = _record(request, pipeline_id)
    # A former id leads on to the pipeline that took over.
    stored = store.pipelines.find_row(record.team_id, record.id)
    if stored is None:
        raise Http404("Pipeline not found")
    return format_api.pipeline(stored.row(), store.now())


@router.get("/pipelines/{pipeline_id}/executions", summary="A pipeline's executions, newest first")
def executions(request: HttpRequest, pipeline_id: str, limit: int = 25, cursor: str = "") -> dict[str, Any]:
    store = get_store()
    record = _record(request, pipeline_id)
    page = store.executions.list_of_pipeline(record.id, _limit(limit), cursors.read(cursor, pipeline_id))
    return {
        "items": [format_api.brief(brief) for brief in page.items],
        "next": cursors.write(page.next, pipeline_id) or None,
    }


@router.get("/executions/{execution_id}", summary="One execution with its stages and actions")
def execution(request: HttpRequest, execution_id: str) -> dict[str, Any]:
    store = get_store()
    if not keys.is_id(execution_id):
        raise Http404("Execution not found")
    reading = EXECUTION.read(store, execution_id)
    _authorize(request, reading.place.team, "Execution not found")
    shown = look_at(EXECUTION, reading, execution_id, View(), store.now())
    return {**format_api.execution(shown.model.execution), "verdict": format_api.verdict(shown.model.verdict)}


@router.get("/commits/{sha}", summary="Executions of a commit; a prefix of 7 letters or more will do")
def commit(request: HttpRequest, sha: str, limit: int = 25, cursor: str = "") -> dict[str, Any]:
    reader = bearer(request)
    authorize_reading(reader)
    if not SHA.fullmatch(sha.lower()):
        raise HttpError(400, "A commit is 7 to 64 hexadecimal digits")
    of = f"commit {sha.lower()}"
    seen = Sees(partial(sees, reader), lambda team_id: False)
    page = read_commit(get_store(), sha.lower(), seen, _limit(limit), cursors.read(cursor, of))
    # One in the middle of a push has the runs of the push's last commit.
    runs = page.runs or page.of_heads[:limit]
    return {"items": [format_api.brief(each) for each in runs], "next": cursors.write(page.next, of) or None}


def _record(request: HttpRequest, pipeline_id: str) -> PipelineRecord:
    store = get_store()
    record = store.pipelines.find(pipeline_id) if keys.is_id(pipeline_id) else None
    entry = store.teams.find(record.team_id) if record else None
    _authorize(request, entry.team if entry else None, "Pipeline not found")
    if record is None:
        raise Http404("Pipeline not found")
    return record


def _authorize(request: HttpRequest, team: Team | None, missing: str) -> None:
    try:
        authorize(bearer(request), VIEW, team)
    except Http404 as error:
        raise Http404(missing) from error


def _limit(asked: int) -> int:
    if not 1 <= asked <= MOST:
        raise HttpError(400, f"limit must be from 1 to {MOST}")
    return asked
