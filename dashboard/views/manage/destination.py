"""Where a connection's pipelines go, as its page says it."""

from __future__ import annotations

from dashboard.auth.policy import ADMINISTER, may
from dashboard.auth.requests import SignedInRequest
from dashboard.store import get_store
from storage.model.entities import Connection
from storage.model.team_rules import UNASSIGNED


def destination_of(request: SignedInRequest, found: Connection) -> dict[str, object]:
    rules = get_store().team_rule_sets.find()
    return {
        "by_rules": rules.decide_for(found.team_id, found.source),
        "is_unassigned": found.team_id == UNASSIGNED,
        "may_rule": may(request.user, ADMINISTER),
    }
