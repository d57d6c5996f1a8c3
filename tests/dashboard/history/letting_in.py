"""A connection that is let in to a fake of its tool's API."""

from __future__ import annotations

from typing import Any

from dashboard.auth.sealing import seal
from storage.model.document import replace
from storage.model.entities import ApiAccess, Connection, Team
from storage.store import Store
from tests.dashboard.tool_apis.fake_tool import FakeTool
from tests.factories import BY, a_connection


def let_in(store: Store, team: Team, tool: FakeTool, source: str, token: str, **api: Any) -> Connection:
    made = a_connection(store, team.id, source=source)
    access = ApiAccess(token=seal(token), address=tool.address, **api)
    return store.connections.put(made, replace(made, api=access), BY, "connection.api_changed")
