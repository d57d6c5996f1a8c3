"""Items and requests as DynamoDB's API spells them: pure.

Binary values go to the SDK as they are and come back from it in Base64.
Names in expressions always go through placeholders, so that no attribute name can be one of the reserved words.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from storage.engines.rules import partition_and_sort
from storage.schema import EXPIRES, INDEXES, Index
from storage.table import Absent, Exists, Item, Key, Precondition, Put, Query, Value, Write

Request = dict[str, Any]
WireItem = Mapping[str, Mapping[str, Any]]


def to_wire(item: Mapping[str, Value]) -> dict[str, dict[str, str | bytes]]:
    return {name: _wire_value(value) for name, value in item.items()}


def from_wire(attributes: WireItem) -> Item:
    return {name: value["S"] if "S" in value else _plain_value(value) for name, value in attributes.items()}


def key_request(key: Key) -> dict[str, dict[str, str]]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def write_request(table_name: str, write: Write) -> Request:
    """The body of a PutItem or DeleteItem, alone or in a transaction."""
    what: Request = {"Item": to_wire(write.item)} if isinstance(write, Put) else {"Key": key_request(write.key)}
    return {"TableName": table_name, **what, **_condition(write.condition)}


def transact_request(table_name: str, writes: Sequence[Write]) -> Request:
    kinds = ["Put" if isinstance(write, Put) else "Delete" for write in writes]
    return {"TransactItems": [{kind: write_request(table_name, w)} for kind, w in zip(kinds, writes, strict=True)]}


def query_request(table_name: str, query: Query) -> Request:
    """Without a limit: one answer of DynamoDB's may hold less than was asked for, so the engine counts."""
    partition, sort = partition_and_sort(query)
    names, values = {"#pk": partition}, {":pk": {"S": query.pk}}
    condition = "#pk = :pk"
    if query.prefix or query.after:
        names["#sk"] = sort
        values[":sk"] = {"S": query.prefix or query.after}
        condition += " AND begins_with(#sk, :sk)" if query.prefix else " AND #sk > :sk"
    request: Request = {
        "TableName": table_name,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ScanIndexForward": not query.reverse,
    }
    if query.index:
        request["IndexName"] = query.index
    else:
        request["ConsistentRead"] = query.consistent
    if query.cursor is not None:
        request["ExclusiveStartKey"] = to_wire(query.cursor)
    return request


def table_request(table_name: str) -> Request:
    return {
        "TableName": table_name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": _attribute_definitions(INDEXES.values()),
        "KeySchema": _key_schema("pk", "sk"),
        "GlobalSecondaryIndexes": [_index(index) for index in INDEXES.values()],
    }


def add_index_request(table_name: str, index: Index) -> Request:
    return {
        "TableName": table_name,
        "AttributeDefinitions": _attribute_definitions([index]),
        "GlobalSecondaryIndexUpdates": [{"Create": _index(index)}],
    }


def expiry_request(table_name: str) -> Request:
    return {"TableName": table_name, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": EXPIRES}}


def is_ready(description: Mapping[str, Any]) -> bool:
    """Table and indexes are active. Engines that build indexes at once give them no status."""
    indexes = description.get("GlobalSecondaryIndexes", ())
    return {description["TableStatus"], *(entry.get("IndexStatus", "ACTIVE") for entry in indexes)} == {"ACTIVE"}


def differences(description: Mapping[str, Any]) -> list[str]:
    """What a table's description lacks or has otherwise than storage.schema says."""
    found = {entry["IndexName"]: entry for entry in description.get("GlobalSecondaryIndexes", ())}
    wrong = [] if _same_keys(description, "pk", "sk") else ["keys pk and sk"]
    for index in INDEXES.values():
        entry = found.get(index.name)
        if entry is None:
            wrong.append(f"index {index.name}")
        elif not _same_keys(entry, index.pk, index.sk):
            wrong.append(f"keys of index {index.name}")
        elif not _projects(entry, index):
            wrong.append(f"projection of index {index.name}")
    return wrong


def _index(index: Index) -> Request:
    projection: Request = {"ProjectionType": "KEYS_ONLY"}
    if index.project:
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.project)}
    return {"IndexName": index.name, "KeySchema": _key_schema(index.pk, index.sk), "Projection": projection}


def _attribute_definitions(indexes: Iterable[Index]) -> list[dict[str, str]]:
    names = ["pk", "sk", *(name for index in indexes for name in (index.pk, index.sk))]
    return [{"AttributeName": name, "AttributeType": "S"} for name in dict.fromkeys(names)]


def _same_keys(entry: Mapping[str, Any], partition: str, sort: str) -> bool:
    return {key["KeyType"]: key["AttributeName"] for key in entry["KeySchema"]} == {"HASH": partition, "RANGE": sort}


def _projects(entry: Mapping[str, Any], index: Index) -> bool:
    projection = entry.get("Projection", {})
    return projection.get("ProjectionType") == "ALL" or set(index.project) <= set(
        projection.get("NonKeyAttributes", ())
    )


def _key_schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


def _wire_value(value: Value) -> dict[str, str | bytes]:
    if isinstance(value, str):
        return {"S": value}
    return {"B": value} if isinstance(value, bytes) else {"N": str(int(value))}


def _plain_value(value: Mapping[str, str]) -> Value:
    return b64decode(value["B"]) if "B" in value else int(value["N"])


def _condition(condition: Precondition | None) -> Request:
    if condition is None:
        return {}
    request: Request = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if isinstance(condition, Absent | Exists):
        function = "attribute_not_exists" if isinstance(condition, Absent) else "attribute_exists"
        return request | {"ConditionExpression": f"{function}(#pk)", "ExpressionAttributeNames": {"#pk": "pk"}}
    return request | {
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": {"N": str(condition.version)}},
    }
