"""The background jobs: when each ran last, for how long, when it is due, and why it failed."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import authorize_admin
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.jobs.registry import JOBS, runner
from dashboard.readmodels.jobs import build
from dashboard.store import get_store
from dashboard.views.pages import page


@for_people
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    authorize_admin(request.user)
    store = get_store()
    jobs = build(JOBS, store.job_runs.list_all(), store.now(), runner.overdue())
    return page(request, "manage/jobs.html", {"jobs": jobs, "nav": "manage"})
