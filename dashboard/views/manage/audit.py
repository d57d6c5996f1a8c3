"""The audit log: all of it for administrators, a team's own for its managers; filtered, and as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import AUDIT, authorize_admin
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.formats.audit import COLUMNS, cells
from dashboard.formats.csv import csv_lines
from dashboard.readmodels.audit import Filter
from dashboard.store import get_store
from dashboard.views import cursors
from dashboard.views.manage.frame import settings_page, team_entry
from dashboard.views.pages import page
from storage.model.accounts import AuditEntry
from storage.repositories.audit import AuditPage
from storage.store import Cursor

PAGE = 50
# A page that a filter leaves nearly empty reads on, this often at most.
MOST_READS = 10
MOST_EXPORTED = 100_000
Read = Callable[[int, Cursor | None], AuditPage]


@for_people
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    authorize_admin(request.user)
    found, older = _filtered(request, get_store().audit.list_all, "audit")
    context = {"entries": found, "older": older, "filter": _filter(request), "nav": "manage"}
    context |= {"path": reverse("audit"), "csv": reverse("audit_csv")}
    return page(request, "manage/audit.html", context)


@for_people
@require_safe
def export(request: SignedInRequest) -> StreamingHttpResponse:
    authorize_admin(request.user)
    return _file(get_store().audit.list_all, _filter(request))


@for_people
@require_safe
def of_team(request: SignedInRequest, team_id: str) -> HttpResponse:
    team = team_entry(request, team_id, AUDIT).team
    found, older = _filtered(request, _reader(team_id), f"audit {team_id}")
    context = {"entries": found, "older": older, "filter": _filter(request)}
    context |= {"path": reverse("team_audit", args=[team_id]), "csv": reverse("team_audit_csv", args=[team_id])}
    return settings_page(request, team, "audit", "manage/team_audit.html", context)


@for_people
@require_safe
def export_of_team(request: SignedInRequest, team_id: str) -> StreamingHttpResponse:
    team_entry(request, team_id, AUDIT)
    return _file(_reader(team_id), _filter(request))


def _reader(team_id: str) -> Read:
    return lambda limit, cursor: get_store().audit.list_of_team(team_id, limit, cursor)


def _filter(request: SignedInRequest) -> Filter:
    return Filter(
        who=request.GET.get("who", "")[:80],
        action=request.GET.get("action", "")[:40],
        outcome=request.GET.get("outcome", "")[:10],
    )


def _filtered(request: SignedInRequest, read: Read, of: str) -> tuple[list[AuditEntry], str]:
    wanted, cursor = _filter(request), cursors.read(request.GET.get("before", ""), of)
    found: list[AuditEntry] = []
    for _ in range(MOST_READS):
        part = read(PAGE, cursor)
        found += [entry for entry in part.items if wanted.takes(entry)]
        cursor = part.next
        if cursor is None or len(found) >= PAGE:
            break
    return found, cursors.write(cursor, of)


def _file(read: Read, wanted: Filter) -> StreamingHttpResponse:
    """Read page by page while it is sent, so that whoever goes away stops it."""

    def rows() -> Iterator[list[str]]:
        yield list(COLUMNS)
        cursor, written = None, 0
        while written < MOST_EXPORTED:
            part = read(200, cursor)
            for entry in part.items:
                if wanted.takes(entry):
                    written += 1
                    yield cells(entry)
            cursor = part.next
            if cursor is None:
                return
        yield [f"There is more than {MOST_EXPORTED} entries: narrow the filter."]

    response = StreamingHttpResponse(csv_lines(rows()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    response["Cache-Control"] = "no-store"
    return response
