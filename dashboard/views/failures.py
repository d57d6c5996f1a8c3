"""One failure wherever it happened, as far as its reader is a member there."""

from __future__ import annotations

import re

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import LOGS_OF_TEAM, may
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.readmodels.failures import build
from dashboard.store import get_store
from dashboard.views.pages import page

FINGERPRINT = re.compile(r"[0-9a-f]{32}")


@for_people
@require_safe
def detail(request: SignedInRequest, fingerprint: str) -> HttpResponse:
    """Nothing that one may see is the same as nothing at all."""
    store = get_store()
    found = store.failures.list_alike(fingerprint) if FINGERPRINT.fullmatch(fingerprint) else []
    alike = store.pipelines.fitting(found)
    owners = store.pipelines.owners(alike).by_pipeline
    seen = [
        one
        for one in alike
        if one.pipeline_id in owners and may(request.user, LOGS_OF_TEAM, owners[one.pipeline_id].team)
    ]
    if not seen:
        raise Http404("No such failure")
    newest = store.failures.find(seen[0].execution_id, seen[0].place)
    return page(request, "failures/index.html", {"page": build(seen, owners, newest), "nav": "network"})
