"""The weekly report of a team: its page, and whom it is mailed to."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.auth.addresses import client_address
from dashboard.auth.policy import VIEW, authorize
from dashboard.auth.report_links import may_have_report, reader_behind
from dashboard.auth.requests import SignedInRequest, actor_of, for_anybody, for_people
from dashboard.auth.throttle import try_link
from dashboard.links import see_other
from dashboard.readmodels.weekly_report import week_of
from dashboard.screens.weekly_report import read_report
from dashboard.store import get_store
from dashboard.views.pages import page
from storage.model.accounts import Actor
from storage.model.report_readers import ReportReader
from storage.repositories.report_readers import MOST_READERS


@for_people
@ensure_csrf_cookie
@require_safe
def index(request: SignedInRequest, slug: str) -> HttpResponse:
    """Of the week that the address names, or the last whole one."""
    team, store = authorize(request.user, VIEW, request.team), get_store()
    week = week_of(request.GET.get("week", ""), store.now())
    if week is None:
        raise Http404("No such week")
    offered = settings.EMAIL_CONFIGURED and may_have_report(request.user, team)
    context = {
        "report": read_report(store, team, week),
        "nav": "health",
        "offered": offered,
        "mailed": offered and store.report_readers.find(team.id, request.user.id) is not None,
    }
    return page(request, "health/report.html", context)


@for_people
@require_POST
def mail(request: SignedInRequest, slug: str) -> HttpResponse:
    """One's own: whether it comes on Mondays."""
    team, store, user = authorize(request.user, VIEW, request.team), get_store(), request.user
    present = store.report_readers.find(team.id, user.id)
    if request.POST.get("wanted") != "yes":
        if present is not None:
            store.report_readers.delete(present, user.email, actor_of(request))
    elif present is None:
        if not may_have_report(user, team) or len(store.report_readers.list_of_team(team.id)) >= MOST_READERS:
            raise PermissionDenied
        store.report_readers.add(ReportReader(team.id, user.id, store.now()), user.email, actor_of(request))
    return see_other("weekly_report", slug=slug)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@for_anybody
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """By the link in a mail, signed in or not. Programs look at links before people do, so only a POST ends it: of the
    button here, or of a mail program (RFC 8058), which has no cookie and no token against forged requests. Nothing
    else can be done by it."""
    found = reader_behind(token)
    if found is None:
        wait = try_link(client_address(request))
        words = "Too many tries. Wait a few minutes and try again." if wait else "It was cut off, or is not ours."
        return page(request, "auth/gone.html", {"words": words}, 429 if wait else 404)
    ended = request.method == "POST"
    if ended:
        store = get_store()
        reader, user = store.report_readers.find(*found), store.users.find(found[1])
        if reader is not None:
            by = Actor(found[1], "the link in a mail", client_address(request))
            store.report_readers.delete(reader, user.email if user else found[1], by)
    return page(request, "auth/unsubscribe.html", {"ended": ended})
