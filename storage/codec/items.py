"""Entity <-> item, pure. Attributes are for keys, guards, indexes and expiry; all else is one JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from storage import keys, schema
from storage.codec import documents as packing
from storage.codec import event_documents
from storage.model.board_row import BoardRow
from storage.model.briefs import ExecutionBrief, StageBrief
from storage.model.deliveries import PENDING, Delivery, DeliveryBrief
from storage.model.entities import Change, Connection, Execution, Team
from storage.model.merge import StoredExecution
from storage.model.run_history import PipelineRecord
from storage.table import Item, Key

# Letters of four bytes each must still fit an item of 400 KB, beside the summary.
PART_LETTERS = 80_000
DAY_SECONDS = 86_400


def text(item: Item, name: str) -> str:
    return str(item.get(name, ""))


def number(item: Item, name: str) -> int:
    return int(item.get(name, 0))


# Executions: one document, in parts where it is long.


def execution_key(execution_id: str) -> Key:
    return Key(keys.execution(execution_id), "EXECUTION")


def execution_items(stored: StoredExecution, read: Execution, version: int, expires: int) -> list[Item]:
    document = packing.dump(stored)
    chunks = [document[i : i + PART_LETTERS] for i in range(0, len(document), PART_LETTERS)]
    key = execution_key(stored.id)
    item: Item = {"pk": key.pk, "sk": key.sk, "version": version, "doc": chunks[0], schema.EXPIRES: expires}
    if len(chunks) > 1:
        item["parts"] = len(chunks) - 1
    if stored.pipeline_id:
        item["summary"] = packing.dump(brief(read))
        item["history_pk"] = keys.pipeline(stored.pipeline_id)
        item["history_sk"] = keys.order(read.order, stored.id)
        if is_sha(read.commit):
            item["commit_pk"] = keys.commit(read.commit)
            item["commit_sk"] = keys.commit_sort(read.commit, read.order, stored.id)
    parts: list[Item] = [
        {"pk": key.pk, "sk": keys.execution_part(n), "version": version, "doc": chunk, schema.EXPIRES: expires}
        for n, chunk in enumerate(chunks[1:], 1)
    ]
    return [item, *parts]


def is_sha(commit: str) -> bool:
    return len(commit) >= keys.COMMIT_PREFIX and all(letter in "0123456789abcdef" for letter in commit)


def brief(read: Execution) -> ExecutionBrief:
    return ExecutionBrief(
        id=read.id,
        pipeline_id=read.pipeline_id,
        pipeline_name=read.pipeline_name,
        team_id=read.team_id,
        number=read.number,
        order=read.order,
        attempt=read.attempt,
        status=read.status,
        mainline=read.mainline,
        branch=read.branch[:100],
        commit=read.commit,
        message=read.message[:120],
        author=(read.author or read.actor)[:60],
        queued_at=read.queued_at,
        started_at=read.started_at,
        finished_at=read.finished_at,
        external_id=read.external_id,
        url=read.url,
        stages=tuple(StageBrief(stage.name[:60], stage.status) for stage in read.stages[:40]),
    )


def execution_of(items: Sequence[Item]) -> tuple[StoredExecution, int] | None:
    """The stored execution and its version, from its items in key order. None when there are none, or when parts of
    two versions were read (a write came between: read again)."""
    if not items:
        return None
    head, parts = items[0], items[1:]
    version, expected = number(head, "version"), number(head, "parts")
    parts = [item for item in parts if number(item, "version") == version][:expected]
    if len(parts) != expected:
        return None
    document = "".join(text(item, "doc") for item in (head, *parts))
    return packing.load(StoredExecution, document), version


def brief_of(item: Item) -> ExecutionBrief:
    return packing.load(ExecutionBrief, text(item, "summary"))


# Pipelines.


def record_key(pipeline_id: str) -> Key:
    return Key(keys.pipeline(pipeline_id), "PIPELINE")


def record_item(record: PipelineRecord, version: int) -> Item:
    key = record_key(record.id)
    return {"pk": key.pk, "sk": key.sk, "version": version, "doc": packing.dump(record)}


def record_of(item: Item) -> PipelineRecord:
    return _record(text(item, "doc"))


@lru_cache(maxsize=1024)
def _record(document: str) -> PipelineRecord:
    """Read with every event, changed when a run ends: to decode it was an eighth of what an event costs."""
    return packing.load(PipelineRecord, document)


def row_key(team_id: str, pipeline_id: str) -> Key:
    return Key(keys.team(team_id), keys.pipeline(pipeline_id))


def row_item(row: BoardRow, version: int) -> Item:
    key = row_key(row.team_id, row.id)
    item: Item = {"pk": key.pk, "sk": key.sk, "version": version, "doc": packing.dump(row)}
    return {**item, "hidden": 1} if row.hidden else item


def row_of(item: Item) -> BoardRow:
    return _row(text(item, "doc"))


@lru_cache(maxsize=1024)
def _row(document: str) -> BoardRow:
    """Summaries read all rows of a team after each change of one."""
    return packing.load(BoardRow, document)


# Change notices.


def change_of(item: Item) -> Change:
    at, _, nonce = text(item, "sk").partition(keys.SEPARATOR)
    return Change(nonce, int(at), tuple(text(item, "doc").split(" ")))


# Connections and deliveries.


def connection_key(connection_id: str) -> Key:
    return Key(keys.connection(connection_id), "CONNECTION")


def connection_item(connection: Connection) -> Item:
    key = connection_key(connection.id)
    return {
        "pk": key.pk,
        "sk": key.sk,
        "version": connection.version,
        "doc": packing.dump(connection),
        "history_pk": keys.team(connection.team_id),
        "history_sk": keys.connection_sort(connection.created_at, connection.id),
        "summary": packing.dump(replace(connection, secret="", previous_secret="")),
    }


def connection_of(item: Item) -> Connection:
    return packing.load(Connection, text(item, "doc" if "doc" in item else "summary"))


def delivery_key(connection_id: str, key: str) -> Key:
    return Key(keys.delivery(connection_id, key), "DELIVERY")


def delivery_nonce(key: Key) -> str:
    """What keeps deliveries of one moment apart."""
    return key.pk.rpartition(keys.SEPARATOR)[2]


def delivery_item(delivery: Delivery, retention_days: int = 30) -> Item:
    key = delivery_key(delivery.connection_id, delivery.key)
    nonce = delivery_nonce(key)
    item: Item = {
        "pk": key.pk,
        "sk": key.sk,
        "outcome": delivery.outcome,
        "history_pk": keys.connection(delivery.connection_id),
        "history_sk": keys.moment(delivery.received_at, nonce),
        "summary": packing.dump(_delivery_brief(delivery)),
        schema.EXPIRES: delivery.received_at // 1000 + retention_days * DAY_SECONDS,
    }
    if delivery.post:
        item["post"] = delivery.post
    if delivery.outcome == PENDING:
        item["doc"] = packing.dump(_waiting_document(delivery))
        item["inbox_pk"] = keys.inbox(keys.inbox_shard(delivery.key))
        item["inbox_sk"] = keys.moment(delivery.received_at, nonce)
        item["version"] = 1
    return item


def _delivery_brief(delivery: Delivery) -> DeliveryBrief:
    return DeliveryBrief(
        key=delivery.key,
        event=delivery.event,
        received_at=delivery.received_at,
        answer=delivery.answer,
        outcome=delivery.outcome,
        reason=delivery.reason,
        execution_id=delivery.execution_id,
        replayable=bool(delivery.post),
    )


@dataclass(frozen=True, slots=True)
class WaitingDelivery:
    """A delivery of the inbox as a document: its events are one text."""

    connection_id: str
    key: str
    event: str
    received_at: int
    answer: int
    outcome: str
    reason: str = ""
    execution_id: str = ""
    events: str = ""
    team_id: str = ""


def _waiting_document(delivery: Delivery) -> WaitingDelivery:
    return WaitingDelivery(
        connection_id=delivery.connection_id,
        key=delivery.key,
        event=delivery.event,
        received_at=delivery.received_at,
        answer=delivery.answer,
        outcome=delivery.outcome,
        reason=delivery.reason,
        execution_id=delivery.execution_id,
        events=event_documents.encode(delivery.events),
        team_id=delivery.team_id,
    )


def delivery_brief_of(item: Item) -> DeliveryBrief:
    return packing.load(DeliveryBrief, text(item, "summary"))


# Teams.


def team_key(team_id: str) -> Key:
    return Key(keys.teams(), keys.team(team_id))


def slug_key(name: str) -> Key:
    return Key(keys.slug(name), "SLUG")


def team_item(team: Team, summary: str) -> Item:
    key = team_key(team.id)
    return {"pk": key.pk, "sk": key.sk, "version": team.version, "doc": packing.dump(team), "summary": summary}


def team_of(item: Item) -> Team:
    return replace(packing.load(Team, text(item, "doc")), version=number(item, "version"))


def slug_item(team: Team) -> Item:
    key = slug_key(team.slug)
    return {"pk": key.pk, "sk": key.sk, "doc": packing.dump(team)}


# What a deleted team leaves behind.


def removal_key(team_id: str) -> Key:
    return Key(keys.removals(), keys.team(team_id))


def removal_item(team_id: str, at: int) -> Item:
    key = removal_key(team_id)
    return {"pk": key.pk, "sk": key.sk, "doc": team_id, "at": at}
