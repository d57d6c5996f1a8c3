"""What a connection's page has of hooks that are made at its tool."""

from __future__ import annotations

from dashboard.auth.policy import MANAGE, may
from dashboard.auth.requests import SignedInRequest
from dashboard.forms.tool_hooks import ToolHooksForm
from dashboard.tool_apis.hook_offers import HOOKS
from dashboard.webhooks.api_access import Checked
from storage.model.entities import Connection, Team


def hooks_context(
    request: SignedInRequest, team: Team, found: Connection, form: ToolHooksForm | None, made: Checked | None
) -> dict[str, object]:
    """Nothing where hooks cannot be made for it, or for who may not change it; without a token that they can be.
    `form`, `made`: where it was refused, or they were made just now."""
    if found.source not in HOOKS or not may(request.user, MANAGE, team):
        return {}
    offer = HOOKS[found.source]
    if not found.api.token:
        return {"makes_hooks": offer}
    return {"makes_hooks": offer, "hooks_form": form or ToolHooksForm(offer=offer), "hooks_made": made}
