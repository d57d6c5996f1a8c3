"""A tool to ask without waiting between tries, a second store, and a connection that is let in to a GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.auth.sealing import seal
from storage.model.document import replace
from storage.model.entities import ApiAccess, Connection, Team
from storage.store import Store
from storage.table import Table
from tests.copies import empty_engine
from tests.dashboard.history.fake_organisation import FakeOrganisation
from tests.dashboard.tool_apis.conftest import _no_waiting, tool
from tests.dashboard.tool_apis.fake_tool import FakeTool
from tests.factories import BY, Clock, a_connection, a_team

__all__ = ["_no_waiting", "tool"]


@pytest.fixture
def other_store(clock: Clock, tmp_path: Path) -> Iterator[Store]:
    engine = empty_engine(tmp_path / "other" / "test.db")
    yield Store(Table(engine, clock))
    engine.close()


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


@pytest.fixture
def organisation(tool: FakeTool, clock: Clock) -> FakeOrganisation:
    return FakeOrganisation(tool, clock)


@pytest.fixture
def connection(store: Store, team: Team, tool: FakeTool) -> Connection:
    made = a_connection(store, team.id)
    access = ApiAccess(token=seal("ghp_a-token"), address=tool.address)
    return store.connections.put(made, replace(made, api=access), BY, "connection.api_changed")
