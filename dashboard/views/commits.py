"""Where a commit is: its executions over every pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import Reader, sees
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.readmodels.commits import build
from dashboard.readmodels.search import SHA
from dashboard.store import get_store
from dashboard.views import cursors
from dashboard.views.pages import page
from storage.model.briefs import ExecutionBrief
from storage.repositories.pipelines import Owner
from storage.store import Cursor

PAGE, LOOKED_THROUGH = 100, 500


@for_people
@require_safe
def detail(request: SignedInRequest, sha: str) -> HttpResponse:
    sha = sha.lower()
    if not SHA.fullmatch(sha):
        raise Http404("Not a commit")
    of = f"commit {sha}"
    found = visible_runs(request.user, sha, PAGE, cursors.read(request.GET.get("after", ""), of))
    context = {"commit": build(sha, found.items, found.owners), "more": cursors.write(found.next, of), "nav": "network"}
    return page(request, "commits/index.html", context)


@dataclass(frozen=True, slots=True)
class VisibleRuns:
    """owners: of the pipelines, by their ids. `next` is None where the list ends."""

    items: Sequence[ExecutionBrief]
    next: Cursor | None
    owners: Mapping[str, Owner]


def visible_runs(reader: Reader, sha: str, limit: int, cursor: Cursor | None) -> VisibleRuns:
    """Those of teams this reader may see, each asked for where its pipeline is now. What they may not see costs them
    nothing and shows nowhere: one page of the index is looked through, whatever is on it, and the next begins behind
    the last run that was shown. Where LOOKED_THROUGH runs, or a hundred pipelines and teams, come before the first
    that they may see, the list ends."""
    store = get_store()
    read = store.executions.list_of_commit(sha, LOOKED_THROUGH, cursor)
    runs = store.pipelines.fitting(read.items)
    owners = store.pipelines.owners(runs)
    seen = [run for run in runs if run.pipeline_id in owners and sees(reader, owners[run.pipeline_id].team)]
    shown = seen[:limit]
    goes_on = len(seen) > limit or len(runs) < len(read.items) or read.next is not None
    following = store.executions.after_run_of_commit(shown[-1]) if shown and goes_on else None
    return VisibleRuns(shown, following, owners)
