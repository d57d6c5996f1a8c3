"""What is peculiar to the engine over DynamoDB's API: refusals, lost replies, contention, its client."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from storage.engines.dynamodb import TRIES, DynamoEngine
from storage.engines.sending import FAILURES
from storage.errors import Conflict, Denied, StorageError, TableMissing, Throttled, Unavailable
from storage.schema import EXPIRES
from storage.table import Absent, Delete, Item, Key, Put, Query, Table, metered
from tests.storage.engines import REGION
from tests.storage.faults import Answer, answering, cut_in_its_head, losing_the_reply, register, response

KEY = Key("P", "S")
ITEM: Item = {"pk": "P", "sk": "S", "version": 1}
THROTTLED = (400, {"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"})
TRANSACTION_CONFLICT = (
    400,
    {
        "__type": "TransactionCanceledException",
        "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}],
    },
)
Use = Callable[[DynamoEngine], object]
USES: dict[str, Use] = {
    "GetItem": lambda engine: engine.get(KEY, consistent=True),
    "BatchGetItem": lambda engine: engine.batch_get([KEY], consistent=True),
    "Query": lambda engine: engine.query(Query("P")),
    "PutItem": lambda engine: engine.write(Put(ITEM)),
    "DeleteItem": lambda engine: engine.write(Delete(KEY)),
    "TransactWriteItems": lambda engine: engine.transact([Put(ITEM)]),
    "DescribeTable": lambda engine: engine.check(),
}


# Refusals


@pytest.mark.parametrize("operation", USES)
def test_throttling_is_throttled(engine: DynamoEngine, operation: str) -> None:
    left = answering(engine, operation, [THROTTLED])
    with pytest.raises(Throttled):
        USES[operation](engine)
    assert left == []


@pytest.mark.parametrize("operation", USES)
def test_answer_that_was_cut_is_unavailable_and_never_nothing(engine: DynamoEngine, operation: str) -> None:
    cut_in_its_head(engine, operation)
    with pytest.raises(Unavailable):
        USES[operation](engine)


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ThrottlingException", 400, Throttled),
        ("RequestLimitExceeded", 400, Throttled),
        ("InternalServerError", 500, Unavailable),
        ("ServiceUnavailable", 503, Unavailable),
        ("AccessDeniedException", 400, Denied),
        ("ExpiredTokenException", 400, Denied),
        ("TransactionInProgressException", 400, Unavailable),
        ("ResourceNotFoundException", 400, TableMissing),
        ("ValidationException", 400, StorageError),
    ],
)
def test_refusal_becomes_the_error_that_says_what_to_do(
    engine: DynamoEngine, code: str, status: int, expected: type[StorageError]
) -> None:
    answering(engine, "GetItem", [(status, {"__type": code, "message": "why"})])
    with pytest.raises(StorageError, match="why") as error:
        engine.get(KEY, consistent=True)
    assert type(error.value) is expected


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["None", "ThrottlingError"], Throttled),
        (["None", "ProvisionedThroughputExceeded"], Throttled),
        (["ValidationError"], StorageError),
    ],
)
def test_cancelled_transaction_becomes_the_error_of_its_reason(
    engine: DynamoEngine, codes: list[str], expected: type[StorageError]
) -> None:
    reasons = [{"Code": code} for code in codes]
    body = {"__type": "TransactionCanceledException", "CancellationReasons": reasons}
    answering(engine, "TransactWriteItems", [(400, body)])
    with pytest.raises(StorageError) as error:
        engine.transact([Put(ITEM)])
    assert type(error.value) is expected


def test_failed_condition_goes_before_contention(engine: DynamoEngine) -> None:
    old = {"pk": {"S": "P"}, "version": {"N": "7"}}
    reasons = [{"Code": "TransactionConflict"}, {"Code": "ConditionalCheckFailed", "Item": old}]
    body = {"__type": "TransactionCanceledException", "CancellationReasons": reasons}
    answering(engine, "TransactWriteItems", [(400, body)])
    with pytest.raises(Conflict) as conflict:
        engine.transact([Put(ITEM), Put(ITEM | {"sk": "T"}, Absent())])
    assert (conflict.value.index, conflict.value.old) == (1, {"pk": "P", "version": 7})


@pytest.mark.parametrize("operation", USES)
def test_table_that_is_not_there_is_missing(local_endpoint: str, operation: str) -> None:
    elsewhere = DynamoEngine("nowhere", REGION, local_endpoint, read_timeout=20)
    with pytest.raises(TableMissing):
        USES[operation](elsewhere)
    elsewhere.close()


@pytest.mark.parametrize("operation", USES)
def test_endpoint_where_nobody_listens_is_unavailable(operation: str) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        engine = DynamoEngine("items", REGION, f"http://127.0.0.1:{bound.getsockname()[1]}", tries=1)
        with pytest.raises(Unavailable):
            USES[operation](engine)
    engine.close()


def test_endpoint_that_does_not_answer_in_time_is_unavailable() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        engine = DynamoEngine("items", REGION, endpoint, read_timeout=0.05, tries=1)
        with pytest.raises(Unavailable, match="Read timeout"):
            engine.get(KEY, consistent=True)
    engine.close()


def test_aws_without_credentials_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    engine = DynamoEngine("items", REGION, tries=1)
    with pytest.raises(Unavailable, match="credentials"):
        engine.get(KEY, consistent=True)
    engine.close()


# Lost replies and retries


@pytest.fixture
def patient(local_endpoint: str, local_table: Table) -> Iterator[DynamoEngine]:
    """It tries six times, without sleeping."""
    engine = DynamoEngine("items", REGION, local_endpoint, read_timeout=20, sleep=lambda _: None)
    yield engine
    engine.close()


def test_what_may_pass_is_tried_again(patient: DynamoEngine) -> None:
    left = answering(patient, "PutItem", [THROTTLED, (500, {"__type": "InternalServerError"})])
    patient.write(Put(ITEM))
    assert left == []
    assert patient.get(KEY, consistent=True) == ITEM


def test_what_does_not_pass_is_given_up_after_the_sixth_try(patient: DynamoEngine) -> None:
    left = answering(patient, "PutItem", [THROTTLED] * 7)
    with pytest.raises(Throttled):
        patient.write(Put(ITEM))
    assert len(left) == 1


def test_what_is_denied_is_not_tried_again(patient: DynamoEngine) -> None:
    left = answering(patient, "PutItem", [(400, {"__type": "AccessDeniedException"})] * 2)
    with pytest.raises(Denied):
        patient.write(Put(ITEM))
    assert len(left) == 1


def test_store_that_is_away_is_not_asked_by_each(patient: DynamoEngine) -> None:
    left = answering(patient, "GetItem", [(500, {"__type": "InternalServerError"})] * 9)
    for _ in range(20):
        with pytest.raises(Unavailable):
            patient.get(KEY, consistent=True)
    assert len(left) == 9 - FAILURES


def test_put_whose_reply_was_lost_conflicts_with_itself(patient: DynamoEngine) -> None:
    losing_the_reply(patient, "PutItem")
    with pytest.raises(Conflict) as conflict:
        patient.write(Put(ITEM, Absent()))
    assert conflict.value.old == ITEM


def test_transaction_whose_reply_was_lost_is_done_once(patient: DynamoEngine) -> None:
    tokens = losing_the_reply(patient, "TransactWriteItems")
    patient.transact([Put(ITEM, Absent())])
    assert len(tokens) == 2
    assert len(set(tokens)) == 1
    assert tokens[0]
    assert patient.get(KEY, consistent=True) == ITEM


# Contention and what is left over


def test_transaction_tries_again_while_another_is_in_the_way(engine: DynamoEngine, pauses: list[float]) -> None:
    left = answering(engine, "TransactWriteItems", [TRANSACTION_CONFLICT] * 2)
    with metered() as meter:
        Table(engine).transact([Put(ITEM, Absent())])
    assert (left, len(pauses)) == ([], 2)
    assert (meter.operations, meter.wcu) == (["transact"] * 3, 3 * 2)
    assert engine.get(KEY, consistent=True) == ITEM


def test_contention_that_lasts_is_throttled_not_a_conflict(engine: DynamoEngine, pauses: list[float]) -> None:
    answering(engine, "TransactWriteItems", [TRANSACTION_CONFLICT] * TRIES)
    with pytest.raises(Throttled):
        engine.transact([Put(ITEM, Absent())])
    assert len(pauses) == TRIES - 1
    assert all(0 < pause <= 0.2 for pause in pauses)
    assert engine.get(KEY, consistent=True) is None


def test_single_write_tries_again_while_a_transaction_is_in_the_way(engine: DynamoEngine) -> None:
    left = answering(engine, "PutItem", [(400, {"__type": "TransactionConflictException"})])
    engine.write(Put(ITEM, Absent()))
    assert left == []
    assert engine.get(KEY, consistent=True) == ITEM


def unprocessed(*sort_keys: str) -> Answer:
    keys = [{"pk": {"S": "P"}, "sk": {"S": sk}} for sk in sort_keys]
    return 200, {"Responses": {"items": []}, "UnprocessedKeys": {"items": {"Keys": keys, "ConsistentRead": True}}}


def test_batch_get_asks_again_for_what_was_left(engine: DynamoEngine, pauses: list[float]) -> None:
    for sk in ("1", "2"):
        engine.write(Put({"pk": "P", "sk": sk}))
    first = unprocessed("1")
    first[1]["Responses"]["items"].append({"pk": {"S": "P"}, "sk": {"S": "2"}})
    answering(engine, "BatchGetItem", [first])
    with metered() as meter:
        found = Table(engine).batch_get([Key("P", "1"), Key("P", "2")])
    assert found == [{"pk": "P", "sk": "1"}, {"pk": "P", "sk": "2"}]
    assert (meter.operations, meter.rcu, len(pauses)) == (["batch_get"] * 2, 2, 1)


def test_batch_get_that_never_ends_is_throttled(engine: DynamoEngine) -> None:
    left = answering(engine, "BatchGetItem", [unprocessed("1", "2")] * (TRIES + 1))
    with pytest.raises(Throttled, match="2 keys"):
        engine.batch_get([Key("P", "1"), Key("P", "2")], consistent=True)
    assert len(left) == 1


# The client


def test_values_are_not_walked_by_the_sdk(engine: DynamoEngine) -> None:
    # botocore's own parser would drop the type it does not know.
    answering(engine, "GetItem", [(200, {"Item": {"pk": {"of a new type": "1"}}})])
    answer: Any = engine.client.get_item(TableName="items", Key={"pk": {"S": "P"}, "sk": {"S": "S"}})
    assert answer["Item"] == {"pk": {"of a new type": "1"}}


@pytest.mark.parametrize("consistent", [True, False])
def test_read_is_as_consistent_as_was_asked(engine: DynamoEngine, consistent: bool) -> None:
    asked: list[bool] = []

    def note(request: Any, **_: object) -> None:
        body = json.loads(request.body)
        asked.append(body.get("RequestItems", {}).get("items", body)["ConsistentRead"])

    for operation in ("GetItem", "BatchGetItem", "Query"):
        register(engine, operation, note)
    engine.get(KEY, consistent=consistent)
    engine.batch_get([KEY], consistent=consistent)
    engine.query(Query("P", consistent=consistent))
    assert asked == [consistent] * 3


@pytest.mark.parametrize(("credentials", "key"), [(None, "local"), (("own", "secret"), "own")])
def test_endpoint_never_sees_the_credentials_for_aws(
    monkeypatch: pytest.MonkeyPatch, credentials: tuple[str, str] | None, key: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA-OF-AWS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session-of-aws")
    engine = DynamoEngine("items", REGION, "http://127.0.0.1:9", credentials=credentials)
    sent: list[str] = []

    def note(request: Any, **_: object) -> AWSResponse:
        sent.append(str(request.headers))
        return response(request.url, 200, {})

    register(engine, "GetItem", note)
    assert engine.get(KEY, consistent=True) is None
    assert f"Credential={key}/" in sent[0]
    assert "of-aws" not in sent[0].lower()
    engine.close()


def test_forked_child_makes_its_own_client(local_engine: DynamoEngine, local_table: Table) -> None:
    parents = local_engine.client
    child = os.fork()
    if child == 0:
        try:
            local_table.put(ITEM)
            os._exit(0 if local_engine.client is not parents else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert local_engine.client is parents
    assert local_table.get(KEY) == ITEM


def test_closed_engine_opens_again_when_used(engine: DynamoEngine) -> None:
    engine.close()
    engine.close()
    engine.write(Put(ITEM))
    assert engine.get(KEY, consistent=True) == ITEM


def test_engine_cannot_tell_of_other_writers_and_needs_no_purge(engine: DynamoEngine) -> None:
    engine.write(Put(ITEM | {EXPIRES: 1}))
    assert engine.pulse() is None
    assert engine.purge_expired(2) == 0
    assert engine.get(KEY, consistent=True) is not None
