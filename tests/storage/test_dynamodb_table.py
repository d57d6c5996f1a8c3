"""The table on DynamoDB: made, completed, waited for and checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from storage.engines.dynamodb import DynamoEngine
from storage.errors import TableMissing, Unavailable
from storage.schema import EXPIRES, INDEXES
from storage.table import Item, Put, Query
from tests.storage.engines import REGION
from tests.storage.faults import Answer, answering

ITEM: Item = {"pk": "P", "sk": "S"}


def bare_table(engine: DynamoEngine, sort_key: str = "sk") -> None:
    keys: Any = [("pk", "HASH"), (sort_key, "RANGE")]
    engine.client.create_table(
        TableName=engine.table_name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
    )


@pytest.fixture
def fresh(local_endpoint: str) -> Iterator[DynamoEngine]:
    """No table yet; removed at the end."""
    engine = DynamoEngine("fresh", REGION, local_endpoint, read_timeout=20)
    yield engine
    engine.client.delete_table(TableName="fresh")
    engine.close()


def test_prepare_makes_the_table_with_indexes_and_expiry(fresh: DynamoEngine) -> None:
    fresh.prepare()
    fresh.check()
    table = fresh.client.describe_table(TableName="fresh")["Table"]
    expiry = fresh.client.describe_time_to_live(TableName="fresh")["TimeToLiveDescription"]
    assert {index["IndexName"] for index in table["GlobalSecondaryIndexes"]} == set(INDEXES)
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert (expiry["AttributeName"], expiry["TimeToLiveStatus"]) == (EXPIRES, "ENABLED")


def test_prepare_gives_an_existing_table_its_missing_indexes(fresh: DynamoEngine) -> None:
    bare_table(fresh)
    fresh.write(Put(ITEM | {"history_pk": "H", "history_sk": "1", "summary": "s"}))
    with pytest.raises(TableMissing, match="index history, index commits, index inbox"):
        fresh.check()
    with pytest.raises(TableMissing):
        fresh.query(Query("H", index="history"))
    fresh.prepare()
    fresh.check()
    assert [item["summary"] for item in fresh.query(Query("H", index="history")).items] == ["s"]


def test_table_with_other_keys_is_not_right(fresh: DynamoEngine) -> None:
    bare_table(fresh, sort_key="other")
    with pytest.raises(TableMissing, match="keys pk and sk"):
        fresh.check()


@pytest.mark.parametrize(
    ("index", "complaint"),
    [
        ({"Projection": {"ProjectionType": "KEYS_ONLY"}}, "projection of index history"),
        ({"KeySchema": [{"AttributeName": "history_pk", "KeyType": "HASH"}]}, "keys of index history"),
    ],
)
def test_index_that_differs_is_not_right(engine: DynamoEngine, index: dict[str, Any], complaint: str) -> None:
    table: Any = engine.client.describe_table(TableName="items")["Table"]
    indexes = [entry | index if entry["IndexName"] == "history" else entry for entry in table["GlobalSecondaryIndexes"]]
    described = {"TableStatus": "ACTIVE", "KeySchema": table["KeySchema"], "GlobalSecondaryIndexes": indexes}
    answering(engine, "DescribeTable", [(200, {"Table": described})])
    with pytest.raises(TableMissing, match=complaint):
        engine.check()


def test_table_still_being_made_is_not_right_yet(engine: DynamoEngine) -> None:
    answering(engine, "DescribeTable", [(200, {"Table": {"TableStatus": "CREATING"}})])
    with pytest.raises(TableMissing, match="CREATING"):
        engine.check()


def test_prepare_waits_until_the_table_is_ready(engine: DynamoEngine, pauses: list[float]) -> None:
    making: Answer = (200, {"Table": {"TableStatus": "CREATING"}})
    unknown: Answer = (400, {"__type": "ResourceNotFoundException"})
    building: Answer = (
        200,
        {"Table": {"TableStatus": "ACTIVE", "GlobalSecondaryIndexes": [{"IndexStatus": "CREATING"}]}},
    )
    left = answering(engine, "DescribeTable", [making, unknown, making, building])
    engine.prepare()
    assert (left, len(pauses)) == ([], 3)


def test_table_made_by_another_process_meanwhile_is_taken_as_it_is(engine: DynamoEngine) -> None:
    answering(engine, "DescribeTable", [(400, {"__type": "ResourceNotFoundException"})])
    left = answering(engine, "CreateTable", [(400, {"__type": "ResourceInUseException"})])
    engine.prepare()
    assert left == []


def test_engine_without_expiry_is_prepared_all_the_same(engine: DynamoEngine) -> None:
    left = answering(engine, "UpdateTimeToLive", [(400, {"__type": "UnknownOperationException"})])
    engine.prepare()
    assert left == []


def test_expiry_that_may_not_be_switched_on_is_told(engine: DynamoEngine) -> None:
    answering(engine, "UpdateTimeToLive", [(400, {"__type": "AccessDeniedException", "message": "no right"})])
    with pytest.raises(Unavailable, match="no right"):
        engine.prepare()
