"""Hooks that are made at a connection's tool with its token, so that nobody has to."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_POST

from dashboard.auth.policy import MANAGE
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.forms.tool_hooks import ToolHooksForm
from dashboard.store import get_store
from dashboard.tool_apis.errors import ApiError
from dashboard.tool_apis.gitlab_hooks import GitLabHooksApi
from dashboard.views.manage.connections import MAKES_HOOKS, MEANWHILE, connection_page, found_connection
from dashboard.webhooks.api_access import UNREADABLE, Checked, gitlab_api
from dashboard.webhooks.connecting import secrets_of
from dashboard.webhooks.gitlab_hooks import make_of_group, make_of_projects
from storage.errors import Conflict
from storage.model.entities import Connection

ROTATE_IT = "The connection's secret cannot be read with the present signing key: rotate it."


@for_people
@require_POST
def make(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """Asked for twice, the hook that is there is brought up to date."""
    team, found = found_connection(request, connection_id, MANAGE)
    if found.source not in MAKES_HOOKS:
        raise Http404("This tool's hooks are made there")
    form = ToolHooksForm(request.POST)
    if not form.is_valid():
        return connection_page(request, team, found, hooks=form, status=400)
    group, only = form.cleaned_data["group"], form.cleaned_data["only"]
    try:
        get_store().connections.note_hooks(found, group or only, actor_of(request))
    except Conflict:
        return connection_page(request, team, found, said=MEANWHILE, status=409)
    made = _made(found, group, only)
    return connection_page(request, team, found, hooks=form, hooks_made=made, status=200 if made.works else 409)


def _made(found: Connection, group: str, only: str) -> Checked:
    store = get_store()
    api = gitlab_api(store, found, GitLabHooksApi)
    secret = next(secrets_of(found, store.now()), "")
    if api is None or not secret:
        return Checked(works=False, words=ROTATE_IT if api else f"{UNREADABLE}.")
    try:
        done = make_of_group(api, found, secret, group) if group else make_of_projects(api, found, secret, only)
    except ApiError as error:
        return Checked(works=False, words=f"{error}.")
    return Checked(works=done.works, words=done.words)
