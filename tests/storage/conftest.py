"""A store without the dashboard, and an engine over DynamoDB's API whose faults a test chooses
(tests/storage/faults.py)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.engines.dynamodb import DynamoEngine
from storage.store import Store
from storage.table import Table
from tests.copies import empty_engine
from tests.factories import IN_MEMORY, Clock
from tests.storage.engines import REGION


@pytest.fixture
def store(clock: Clock) -> Iterator[Store]:
    """On a fixed clock."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        engine = empty_engine(Path(folder) / "test.db")
        found = Store(Table(engine, clock))
        found.recorder._pause = lambda _: None
        yield found
        engine.close()


@pytest.fixture
def pauses() -> list[float]:
    """What the engine paused, in seconds, without the waiting."""
    return []


@pytest.fixture
def engine(moto_table: Table, pauses: list[float]) -> Iterator[DynamoEngine]:
    """One try only: the SDK sleeps between its own."""
    engine = DynamoEngine("items", REGION, tries=1, sleep=pauses.append)
    yield engine
    engine.close()
