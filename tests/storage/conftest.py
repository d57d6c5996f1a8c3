"""An engine over DynamoDB's API whose faults a test chooses (tests/storage/faults.py)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.engines.dynamodb import DynamoEngine
from storage.table import Table
from tests.storage.engines import REGION


@pytest.fixture
def pauses() -> list[float]:
    """What the engine paused, in seconds, without the waiting."""
    return []


@pytest.fixture
def engine(moto_table: Table, pauses: list[float]) -> Iterator[DynamoEngine]:
    """One try only: the SDK sleeps between its own."""
    engine = DynamoEngine("items", REGION, total_max_attempts=1, sleep=pauses.append)
    yield engine
    engine.close()
