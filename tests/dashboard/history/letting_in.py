"""A connection that is let in to a fake of its tool's API."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config

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


def aws_client(service: str, tool: FakeTool) -> Any:
    """boto3's of a service, which asks this tool, once."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name="eu-west-1",
        aws_access_key_id="AK",
        aws_secret_access_key="x",
        endpoint_url=tool.address,
        config=Config(retries={"total_max_attempts": 1}),
    )


def let_in_by_server(
    store: Store, team: Team, tool: FakeTool, monkeypatch: pytest.MonkeyPatch, **api: Any
) -> Connection:
    """Of CodePipeline, by credentials of this server, for which the tool is AWS."""
    for name, value in (("ACCESS_KEY_ID", "AK"), ("SECRET_ACCESS_KEY", "x"), ("ENDPOINT_URL", tool.address)):
        monkeypatch.setenv(f"AWS_{name}", value)
    made = a_connection(store, team.id, source="codepipeline")
    access = ApiAccess(reads_runs=True, **api)
    return store.connections.put(made, replace(made, api=access), BY, "connection.api_changed")
