"""An empty, prepared table on each engine, as fixtures. `table` runs a test once on every engine.

moto is not a storage engine: it checks a condition and writes without a lock between, so tests of concurrent writes
take `concurrent_table`.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from storage.engines.dynamodb import DynamoEngine
from storage.table import Table
from tests import dynamodb_local
from tests.copies import empty_engine
from tests.factories import IN_MEMORY, Clock

REGION = "us-east-1"
SQLITE = pytest.param("sqlite_table", id="sqlite")
MOTO = pytest.param("moto_table", id="moto")
LOCAL = pytest.param("local_table", id="dynamodb-local", marks=pytest.mark.local)


@pytest.fixture
def sqlite_table(clock: Clock) -> Iterator[Table]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        engine = empty_engine(Path(folder) / "store" / "items.db")
        yield Table(engine, clock)
        engine.close()


@pytest.fixture(scope="session")
def moto_engine() -> Iterator[DynamoEngine]:
    """To make a client takes longer than most tests, and it serves under any mock after the first."""
    engine = DynamoEngine("items", REGION)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def moto_prepared(moto_engine: DynamoEngine) -> bytes:
    """moto's own table as the engine prepares it, which takes longer than most tests."""
    with mock_aws():
        moto_engine.prepare()
        return pickle.dumps(_tables_of_moto()[moto_engine.table_name])


@pytest.fixture
def moto_table(moto_engine: DynamoEngine, moto_prepared: bytes, clock: Clock) -> Iterator[Table]:
    # moto brings credentials of its own.
    with mock_aws():
        _tables_of_moto()[moto_engine.table_name] = pickle.loads(moto_prepared)  # noqa: S301
        yield Table(moto_engine, clock)


def _tables_of_moto() -> dict[str, Any]:
    tables: dict[str, Any] = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
    return tables


@pytest.fixture(scope="session")
def local_endpoint() -> str:
    try:
        return dynamodb_local.endpoint()
    except dynamodb_local.Lacking as lacking:
        pytest.skip(str(lacking))


@pytest.fixture(scope="session")
def local_engine(local_endpoint: str) -> Iterator[DynamoEngine]:
    # A busy machine's answers may take long.
    engine = DynamoEngine("items", REGION, local_endpoint, connect_timeout=5, read_timeout=20)
    engine.prepare()
    yield engine
    engine.close()


@pytest.fixture
def local_table(local_engine: DynamoEngine, clock: Clock) -> Iterator[Table]:
    """Emptied after each test, which is much faster than a table a test."""
    yield Table(local_engine, clock)
    while keys := local_engine.client.scan(TableName=local_engine.table_name, ProjectionExpression="pk, sk")["Items"]:
        for start in range(0, len(keys), 25):
            requests: Any = [{"DeleteRequest": {"Key": key}} for key in keys[start : start + 25]]
            local_engine.client.batch_write_item(RequestItems={local_engine.table_name: requests})


@pytest.fixture
def dynamodb_table(request: pytest.FixtureRequest) -> Table:
    """Of DynamoDB Local, of moto where that is lacking."""
    lacking = dynamodb_local.lacking()
    found: Table = request.getfixturevalue("moto_table" if lacking else "local_table")
    return found


@pytest.fixture(params=[SQLITE, pytest.param("dynamodb_table", id="dynamodb")])
def large_table(request: pytest.FixtureRequest) -> Table:
    """For tests that write thousands of items, which takes moto a minute and proves nothing more."""
    found: Table = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=[SQLITE, MOTO, LOCAL])
def table(request: pytest.FixtureRequest) -> Table:
    found: Table = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=[SQLITE, LOCAL])
def concurrent_table(request: pytest.FixtureRequest) -> Table:
    found: Table = request.getfixturevalue(request.param)
    return found
