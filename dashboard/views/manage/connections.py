"""A team's connections: watched, rotated, paused, removed; and what came through them."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.http import Http404, HttpResponse, QueryDict
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.auth.policy import ADMINISTER, DELIVERIES, MANAGE, REPLAY, Permission, may
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.auth.sealing import unseal
from dashboard.forms.api_access import ApiAccessForm
from dashboard.forms.connections import ConnectionForm
from dashboard.forms.fields import ConfirmForm
from dashboard.forms.github_app import AppKeyForm
from dashboard.forms.history import HistoryForm
from dashboard.forms.tool_hooks import ToolHooksForm
from dashboard.history.registry import READERS
from dashboard.links import see_other
from dashboard.readmodels.backfills import progress_of
from dashboard.readmodels.connections import Check, check_of, listed
from dashboard.sources import SOURCES
from dashboard.sources.kit.source import Rejected
from dashboard.store import get_store
from dashboard.tool_apis.github_app import Installed
from dashboard.tool_apis.offers import OFFERS
from dashboard.views import cursors
from dashboard.views.manage.destination import destination_of
from dashboard.views.manage.frame import settings_page, team_entry
from dashboard.views.manage.hooks_context import hooks_context
from dashboard.wakeups import WakeUp, wakeups
from dashboard.webhooks import posts
from dashboard.webhooks.api_access import Checked
from dashboard.webhooks.connecting import OVERLAP_HOURS, kept_options, rotate, webhook_url
from dashboard.webhooks.github_app import tell_secret
from dashboard.webhooks.replay import NotApplied
from dashboard.webhooks.replay import replay as replay_delivery
from dashboard.webhooks.trying import curl, reach_of, send_test_run
from storage import keys
from storage.errors import Conflict, NotFound
from storage.model.deliveries import DeliveryBrief
from storage.model.document import replace
from storage.model.entities import Connection, Team
from storage.recording.recorder import Unsettled

PAGE, MOST_DEAD = 50, 50
TEST_RUN_SENT = "Test run sent: it is on the board, as a pipeline called “Test run”."
TOLD_GITHUB = "The App was given a new secret at GitHub. There is nothing to enter."
MEANWHILE = "Somebody changed this connection meanwhile. Look again, then save."


def is_readable(connection: Connection) -> bool:
    """Whether its secret can be opened with the keys at hand."""
    return bool(unseal(connection.secret))


@for_people
@require_safe
def index(request: SignedInRequest, team_id: str) -> HttpResponse:
    team = team_entry(request, team_id, DELIVERIES).team
    store, of = get_store(), f"connections {team_id}"
    found = store.connections.page_of_team(team_id, PAGE, cursors.read(request.GET.get("after", ""), of))
    context = {
        "connections": listed(
            store, found.items, is_readable, store.deliveries.count_dead(team_id), settings.API_SHARE
        ),
        "newer": cursors.write(found.next, of),
        "sources": SOURCES.values() if may(request.user, MANAGE, team) else (),
    }
    return settings_page(request, team, "connections", "manage/connections.html", context)


def found_connection(request: SignedInRequest, connection_id: str, action: Permission) -> tuple[Team, Connection]:
    found = get_store().connections.find(connection_id) if keys.is_id(connection_id) else None
    if found is None:
        raise Http404("No such connection")
    return team_entry(request, found.team_id, action).team, found


def connection_page(
    request: SignedInRequest,
    team: Team,
    found: Connection,
    *,
    secret: str = "",
    form: ConnectionForm | None = None,
    api: ApiAccessForm | None = None,
    checked: Checked | None = None,
    history: HistoryForm | None = None,
    key: AppKeyForm | None = None,
    candidate: Installed | None = None,
    hooks: ToolHooksForm | None = None,
    hooks_made: Checked | None = None,
    confirm: ConfirmForm | None = None,
    said: str = "",
    sent: bool = False,
    status: int = 200,
) -> HttpResponse:
    """`secret`: only just after it was made. `said`: what came of a replay or a test run. `sent`: one was sent.
    `api`, `history`, `hooks`, `checked`, `hooks_made`: of its tool's API, where a form was refused or it was asked just
    now. `key`: of an App, where it was refused. `candidate`: where the App was installed, as somebody says who comes
    from there."""
    store = get_store()
    source = SOURCES[found.source]
    initial = {"name": found.name, "based_on": str(found.version), **dict(found.options)}
    deliveries = store.deliveries.list_of_connection(found.id)
    delivering = _check(found, deliveries)
    context = {
        **_api_context(request, team, found, api, checked),
        **_history_context(request, team, found, history),
        **hooks_context(request, team, found, hooks, hooks_made),
        **destination_of(request, found),
        "connection": found,
        "source": source,
        "url": webhook_url(found),
        "reach": reach_of(webhook_url(found)),
        "address": source.address(webhook_url(found), secret) if source.address and secret else "",
        "setup_file": source.setup_file.content(webhook_url(found)) if source.setup_file else "",
        "curl": curl(source, found, webhook_url(found), secret) if may(request.user, MANAGE, team) else "",
        "secret": secret,
        "form": form or ConnectionForm(initial=initial, options=source.options),
        "confirm": confirm or ConfirmForm(expected=found.name or found.source),
        "check": delivering,
        "deliveries": deliveries,
        "app": found.api.app if found.api.app.id else None,
        "key": key or AppKeyForm(),
        "candidate": candidate,
        "dead": store.deliveries.list_dead(team.id, found.id, limit=MOST_DEAD) if delivering.dead else (),
        "overlap_hours": OVERLAP_HOURS,
        "may_manage": may(request.user, MANAGE, team),
        "may_replay": may(request.user, REPLAY, team),
        "said": said,
        "sent": sent,
    }
    return settings_page(request, team, "connections", "manage/connection.html", context, status)


def api_form(request: SignedInRequest, found: Connection, posted: QueryDict | None = None) -> ApiAccessForm:
    """For the API of its tool, which is one that can be asked. `posted`: what was sent."""
    return ApiAccessForm(
        posted,
        initial={"based_on": str(found.version)},
        offer=OFFERS[found.source],
        stands=found.api,
        is_admin=may(request.user, ADMINISTER),
    )


def _api_context(
    request: SignedInRequest, team: Team, found: Connection, form: ApiAccessForm | None, checked: Checked | None
) -> dict[str, object]:
    """Nothing where its tool is not asked, or for who may not change it."""
    if found.source not in OFFERS or not may(request.user, MANAGE, team):
        return {}
    offer = OFFERS[found.source]
    return {
        "offer": offer,
        "api": form or api_form(request, found),
        "api_checked": checked,
        "may_try": offer.takes_token or may(request.user, ADMINISTER),
        "quota": get_store().connections.find_quota(found.id) if found.api.is_let_in else None,
    }


def _history_context(
    request: SignedInRequest, team: Team, found: Connection, form: HistoryForm | None
) -> dict[str, object]:
    """Nothing where its tool's past cannot be read, or for who may not change it."""
    if found.source not in READERS or not found.api.is_let_in or not may(request.user, MANAGE, team):
        return {}
    store = get_store()
    backfill = store.backfills.find(found.id)
    return {
        "history_form": form or HistoryForm(),
        "history": progress_of(backfill, store.now()) if backfill else None,
        "api_share": round(settings.API_SHARE * 100),
    }


def _check(found: Connection, deliveries: Sequence[DeliveryBrief]) -> Check:
    return check_of(get_store(), found, deliveries, readable=is_readable(found), share=settings.API_SHARE)


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: SignedInRequest, connection_id: str) -> HttpResponse:
    team, found = found_connection(request, connection_id, MANAGE if request.method == "POST" else DELIVERIES)
    if request.method != "POST":
        return connection_page(request, team, found)
    form = ConnectionForm(request.POST, options=SOURCES[found.source].options)
    if form.is_valid():
        data = form.cleaned_data
        try:
            if data["based_on"] not in ("", str(found.version)):
                raise Conflict("changed since the form was filled in")
            wanted = replace(found, name=data["name"], options=kept_options(form.options()))
            get_store().connections.put(found, wanted, actor_of(request), "connection.changed")
        except Conflict:
            form.add_error(None, MEANWHILE)
            form.rebase(str(found.version))
        else:
            return see_other("connection", connection_id=connection_id)
    return connection_page(request, team, found, form=form, status=400)


@for_people
@require_safe
def checked(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """The fragment that tells whether events arrive, with the list of them where `seen` is not the newest any more."""
    team, found = found_connection(request, connection_id, DELIVERIES)
    deliveries = get_store().deliveries.list_of_connection(found.id)
    newest = deliveries[0].key if deliveries else ""
    context = {
        "connection": found,
        "check": _check(found, deliveries),
        "deliveries": deliveries,
        "is_news": request.GET.get("seen", newest) != newest,
        "may_replay": may(request.user, REPLAY, team),
    }
    return settings_page(request, team, "connections", "manage/checked.html", context)


@for_people
@require_safe
def body(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """What came, as text: never as a page of ours."""
    _, found = found_connection(request, connection_id, DELIVERIES)
    packed = get_store().deliveries.find_post(found.id, request.GET.get("delivery", "")[:500] or "-")
    if not packed:
        raise Http404("Nothing is kept of this delivery")
    response = HttpResponse(posts.unpack(packed)[1], content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="delivery.json"'
    response["Cache-Control"] = "no-store"
    return response


@for_people
@require_safe
def setup_file(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """What sets the tool up for this connection. There is no secret in it."""
    _, found = found_connection(request, connection_id, DELIVERIES)
    file = SOURCES[found.source].setup_file
    if file is None:
        raise Http404("This tool is set up by hand")
    response = HttpResponse(file.content(webhook_url(found)), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


@for_people
@require_POST
def rotate_secret(request: SignedInRequest, connection_id: str) -> HttpResponse:
    team, found = found_connection(request, connection_id, MANAGE)
    try:
        made = rotate(found, actor_of(request))
    except Conflict:
        return connection_page(request, team, found, said=MEANWHILE, status=409)
    if not found.api.app.key:
        return connection_page(request, team, made.connection, secret=made.secret)
    why = tell_secret(get_store(), made.connection, made.secret)
    if not why:
        return connection_page(request, team, made.connection, said=TOLD_GITHUB)
    said = f"GitHub could not be told: {why}. Enter the secret below in the App's settings there."
    return connection_page(request, team, made.connection, secret=made.secret, said=said)


@for_people
@require_POST
def pause(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """Or resume: `paused` says which."""
    team, found = found_connection(request, connection_id, MANAGE)
    paused = request.POST.get("paused") == "1"
    if paused != found.paused:
        action = "connection.paused" if paused else "connection.resumed"
        try:
            get_store().connections.put(found, replace(found, paused=paused), actor_of(request), action)
        except Conflict:
            return connection_page(request, team, found, said=MEANWHILE, status=409)
    return see_other("connection", connection_id=connection_id)


@for_people
@require_POST
def test_run(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """A run of our own through this connection, as its tool would send it."""
    team, found = found_connection(request, connection_id, MANAGE)
    try:
        get_store().connections.note_test_run(found, actor_of(request))
    except Conflict:
        return connection_page(request, team, found, said=MEANWHILE, status=409)
    answer = send_test_run(SOURCES[found.source], found)
    wakeups.send(WakeUp.STORE_CHANGED)
    if answer.code == 202:
        return connection_page(request, team, found, said=TEST_RUN_SENT, sent=True)
    why = answer.body.get("reason") or answer.body.get("message", "")
    return connection_page(request, team, found, said=f"The test run was not taken: {why}.", status=409)


@for_people
@require_POST
def delete(request: SignedInRequest, connection_id: str) -> HttpResponse:
    team, found = found_connection(request, connection_id, MANAGE)
    confirm = ConfirmForm(request.POST, expected=found.name or found.source)
    if not confirm.is_valid():
        return connection_page(request, team, found, confirm=confirm, status=400)
    get_store().connections.delete(found, actor_of(request))
    return see_other("connections", team_id=team.id)


@for_people
@require_POST
def replay(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """Take a delivery again, as it came."""
    team, found = found_connection(request, connection_id, REPLAY)
    store = get_store()
    brief = store.deliveries.find_brief(found.id, request.POST.get("delivery", "")[:500] or "-")
    if brief is None:
        raise Http404("No such delivery")
    try:
        applied = replay_delivery(store, found, SOURCES[found.source], brief, actor_of(request))
    except (Rejected, NotFound, NotApplied) as error:
        return connection_page(request, team, found, said=f"Not replayed: {error}.", status=409)
    except Unsettled:
        said = "Not replayed: others are writing this run. Try again."
        return connection_page(request, team, found, said=said, status=409)
    wakeups.send(WakeUp.STORE_CHANGED)
    if applied is None:
        said = "Replayed: there is nothing in it for us."
    elif applied.changed:
        said = "Replayed: the run was changed by it."
    else:
        said = "Replayed: nothing new in it, the run stands as it was."
    return connection_page(request, team, found, said=said)
