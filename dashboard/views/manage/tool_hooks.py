"""Hooks that are made at a connection's tool with its token, so that nobody has to."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_POST

from dashboard.auth.policy import MANAGE
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.forms.tool_hooks import ToolHooksForm
from dashboard.store import get_store
from dashboard.tool_apis.hook_offers import HOOKS
from dashboard.views.manage.connections import MEANWHILE, connection_page, found_connection
from dashboard.webhooks.tool_hooks import make_hooks
from storage.errors import Conflict


@for_people
@require_POST
def make(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """Asked for twice, the hook that is there is brought up to date."""
    team, found = found_connection(request, connection_id, MANAGE)
    if found.source not in HOOKS:
        raise Http404("This tool's hooks are made there")
    form = ToolHooksForm(request.POST, offer=HOOKS[found.source])
    if not form.is_valid():
        return connection_page(request, team, found, hooks=form, status=400)
    group, only = form.cleaned_data.get("group", ""), form.cleaned_data["only"]
    try:
        get_store().connections.note_hooks(found, group or only or "all", actor_of(request))
    except Conflict:
        return connection_page(request, team, found, said=MEANWHILE, status=409)
    made = make_hooks(get_store(), found, group, only)
    status = 200 if made.works else 409
    return connection_page(request, team, found, hooks=form, hooks_made=made, said=made.words, status=status)
