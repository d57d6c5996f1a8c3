"""The engine over DynamoDB's API: AWS, or anything that speaks it at an endpoint.

A condition that fails after a write was sent again may have been made false by that very write, its first
answer lost. Callers therefore join again, or look whether the old item is their own. Transactions are spared this:
they keep one ClientRequestToken over all tries.
"""

from __future__ import annotations

import os
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.parsers import JSONParser, ResponseParserFactory

from storage.engines.answers import code_of, error_of
from storage.engines.rules import check_keys, check_query, check_writes, cursor_at
from storage.engines.sending import Breaker, Patience, Sender
from storage.engines.wire import (
    add_index_request,
    differences,
    expiry_request,
    from_wire,
    is_ready,
    key_request,
    query_request,
    table_request,
    transact_request,
    write_request,
)
from storage.errors import Contended, Denied, TableMissing, Throttled, Unavailable
from storage.schema import INDEXES
from storage.table import Item, Key, Page, Put, Query, Write, count_request

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRIES = 5
READY_SECONDS = 600.0
# A page is answered within a second, a webhook before its sender gives up: two reads and a write.
READING_SECONDS, WRITING_SECONDS = 0.7, 1.8
NO_CREDENTIALS = ("local", "local")
# These say that the engine has no expiry, or has it switched on already; anything else is a refusal to be told.
_NO_EXPIRY = frozenset({"UnknownOperationException", "ValidationException"})
_IN_USE = frozenset({"ResourceInUseException"})


class DynamoEngine:
    def __init__(
        self,
        table_name: str,
        region: str,
        endpoint_url: str | None = None,
        *,
        credentials: tuple[str, str] | None = None,
        connect_timeout: float = 0.3,
        read_timeout: float = 0.7,
        tries: int = 6,
        max_pool_connections: int = 32,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """With an endpoint only `credentials` are used, never AWS's own chain. Timeouts in seconds, for each try."""
        self._reading, self._writing = Patience(READING_SECONDS, tries), Patience(WRITING_SECONDS, tries)
        self.table_name = table_name
        self._where: dict[str, Any] = {"region_name": region}
        if endpoint_url is not None:
            key, secret = credentials or NO_CREDENTIALS
            self._where |= {"endpoint_url": endpoint_url, "aws_access_key_id": key, "aws_secret_access_key": secret}
        self._config = Config(
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            # Sent again by storage.engines.sending: the SDK waits for up to seconds in between.
            retries={"mode": "standard", "total_max_attempts": 1},
            parameter_validation=False,
            max_pool_connections=max_pool_connections,
        )
        self._sleep = sleep
        # By process, for sockets must not be shared across a fork, nor a lock that some thread held during it.
        self._clients: dict[int, DynamoDBClient] = {}
        self._locks: dict[int, threading.Lock] = {}
        self._senders: dict[int, Sender] = {}

    @property
    def client(self) -> DynamoDBClient:
        """This process's client, made at its first use (about 0.2 s)."""
        pid = os.getpid()
        if pid not in self._clients:
            with self._locks.setdefault(pid, threading.Lock()), _storage_errors():
                if pid not in self._clients:
                    self._clients[pid] = _make_client(self._config, self._where)
        return self._clients[pid]

    def _send(self, patience: Patience, operation: str, request: Mapping[str, Any]) -> Any:
        """The answer of one operation, within its patience."""
        sender = self._senders.get(os.getpid()) or self._senders.setdefault(
            os.getpid(), Sender(Breaker(), sleep=self._sleep)
        )

        def ask() -> Any:
            with _storage_errors():
                return getattr(self.client, operation)(**request)

        return sender.send(ask, patience)

    def get(self, key: Key, *, consistent: bool) -> Item | None:
        check_keys([key])
        count_request()
        request = {"TableName": self.table_name, "Key": key_request(key), "ConsistentRead": consistent}
        answer = self._send(self._reading, "get_item", request)
        return from_wire(answer["Item"]) if "Item" in answer else None

    def batch_get(self, keys: Sequence[Key], *, consistent: bool) -> list[Item | None]:
        if not keys:
            return []
        check_keys(keys)
        found: dict[Key, Item] = {}
        rest: Any = {self.table_name: {"Keys": [key_request(key) for key in keys], "ConsistentRead": consistent}}
        for attempt in range(TRIES):
            self._pause(attempt)
            count_request()
            answer = self._send(self._reading, "batch_get_item", {"RequestItems": rest})
            for item in map(from_wire, answer["Responses"].get(self.table_name, ())):
                found[Key(str(item["pk"]), str(item["sk"]))] = item
            rest = answer.get("UnprocessedKeys")
            if not rest:
                return [found.get(key) for key in keys]
        raise Throttled(f"{len(rest[self.table_name]['Keys'])} keys were left after {TRIES} tries")

    def query(self, query: Query) -> Page:
        check_query(query)
        request = query_request(self.table_name, query)
        items: list[Item] = []
        while True:
            if query.limit is not None:
                # One more than the limit tells whether there is a next page.
                request["Limit"] = query.limit + 1 - len(items)
            page: list[Item] = []
            count_request(page)
            answer = self._send(self._reading, "query", request)
            page.extend(map(from_wire, answer["Items"]))
            items.extend(page)
            if query.limit is not None and len(items) > query.limit:
                items.pop()
                return Page(tuple(items), cursor_at(query, items[-1]))
            if "LastEvaluatedKey" not in answer:
                return Page(tuple(items))
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def write(self, write: Write) -> None:
        check_writes([write])
        request = write_request(self.table_name, write)
        operation = "put_item" if isinstance(write, Put) else "delete_item"
        self._uncontended(lambda: self._send(self._writing, operation, request))

    def transact(self, writes: Sequence[Write]) -> None:
        check_writes(writes)
        request = transact_request(self.table_name, writes)
        if writes:
            self._uncontended(lambda: self._send(self._writing, "transact_write_items", _with_token(request)))

    def prepare(self) -> None:
        try:
            self._describe()
        except TableMissing:
            self._ask("create_table", table_request(self.table_name), tolerate=_IN_USE)
        for index in INDEXES.values():
            # DynamoDB builds one index at a time.
            have = {entry["IndexName"] for entry in self._until_ready().get("GlobalSecondaryIndexes", ())}
            if index.name not in have:
                self._ask("update_table", add_index_request(self.table_name, index), tolerate=_IN_USE)
        self._until_ready()
        self._ask("update_time_to_live", expiry_request(self.table_name), tolerate=_NO_EXPIRY)

    def check(self) -> None:
        description = self._describe()
        if description.get("TableStatus") not in ("ACTIVE", "UPDATING"):
            raise TableMissing(f"table {self.table_name} is {description.get('TableStatus')}")
        if wrong := differences(description):
            raise TableMissing(f"table {self.table_name} differs in {', '.join(wrong)}")

    def pulse(self) -> int | None:
        return None

    def purge_expired(self, now: int, goes_on: Callable[[], bool] = lambda: True) -> int:
        return 0

    def close(self) -> None:
        client = self._clients.pop(os.getpid(), None)
        if client is not None:
            client.close()

    def _describe(self) -> Mapping[str, Any]:
        answer = self._send(self._reading, "describe_table", {"TableName": self.table_name})
        return answer["Table"]  # type: ignore[no-any-return]

    def _ask(self, operation: str, request: Mapping[str, Any], *, tolerate: frozenset[str] = frozenset()) -> None:
        with _storage_errors():
            try:
                getattr(self.client, operation)(**request)
            except ClientError as error:
                if code_of(error.response) not in tolerate:
                    raise

    def _until_ready(self) -> Mapping[str, Any]:
        """Wait until the table and each of its indexes are active."""
        deadline, pause = time.monotonic() + READY_SECONDS, 0.02
        while time.monotonic() < deadline:
            # A table just created may not be known everywhere yet.
            with suppress(TableMissing):
                description = self._describe()
                if is_ready(description):
                    return description
            self._sleep(pause)
            pause = min(2.0, pause * 2)
        raise Unavailable(f"table {self.table_name} did not become active in {READY_SECONDS:.0f} s")

    def _uncontended(self, send: Callable[[], object]) -> None:
        """Send; again while other transactions are in the way. Raises Contended when they still are."""
        for attempt in range(TRIES):
            self._pause(attempt)
            count_request()
            try:
                send()
            except Contended:
                if attempt == TRIES - 1:
                    raise
            else:
                return

    def _pause(self, attempt: int) -> None:
        if attempt:
            self._sleep(random.uniform(0.01, min(0.2, 0.025 * 2**attempt)))


def _with_token(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """One token over all tries of a transaction: a try that was carried out and whose answer was lost counts once."""
    return {**request, "ClientRequestToken": str(uuid.uuid4())}


class _PassThroughParser(JSONParser):
    """Leaves attribute values as they came: to walk them is most of what botocore does with an answer.

    The stubs do not know the methods overridden here; a test holds botocore to them.
    """

    def parse(self, response: Any, shape: Any) -> Any:
        """Raises IncompleteReadError: an answer that was cut in its head has no body and is a good one to all below,
        that would say nothing is there. DynamoDB always sends an object."""
        if response["status_code"] == 200 and not response["body"]:
            raise IncompleteReadError(actual_bytes=0, expected_bytes=len(b"{}"))
        return super().parse(response, shape)

    def _handle_structure(self, shape: Any, value: Any) -> Any:
        if shape.name == "AttributeValue":
            return value
        return super()._handle_structure(shape, value)  # type: ignore[misc]

    def _handle_map(self, shape: Any, value: Any) -> Any:
        if shape.value.name == "AttributeValue":
            return value
        return super()._handle_map(shape, value)  # type: ignore[misc]


class _PassThroughFactory(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        return _PassThroughParser() if protocol_name == "json" else super().create_parser(protocol_name)


def _make_client(config: Config, where: Mapping[str, Any]) -> DynamoDBClient:
    session = botocore.session.get_session()
    session.register_component("response_parser_factory", _PassThroughFactory())
    return boto3.Session(botocore_session=session).client("dynamodb", config=config, **where)


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise error_of(error.response, str(error)) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise Denied(str(error)) from error
    except BotoCoreError as error:
        raise Unavailable(str(error)) from error
