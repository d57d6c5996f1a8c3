"""Entity <-> item, pure. Attributes are for keys, guards, indexes and expiry; all else is one document."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from storage import keys, schema
from storage.codec import documents, record_form, upgrade
from storage.codec.latest import Latest
from storage.model.board_row import BoardRow
from storage.model.briefs import ExecutionBrief, brief
from storage.model.deliveries import PENDING, Delivery, DeliveryBrief
from storage.model.document import replace
from storage.model.entities import Change, Connection, Execution, Team
from storage.model.long_execution import Jobs, Split, whole
from storage.model.merge import ComponentState, StoredExecution
from storage.model.pipeline_record import PipelineRecord
from storage.model.pipeline_summary import PipelineSummary, summarise
from storage.model.pipeline_summary import row_of as row_of_summary
from storage.model.run_history import RunHistory
from storage.table import Item, Key

DAY_SECONDS = 86_400


def text(item: Item, name: str) -> str:
    return str(item.get(name, ""))


def number(item: Item, name: str) -> int:
    return int(item.get(name, 0))


def key_of(item: Item) -> Key:
    return Key(text(item, "pk"), text(item, "sk"))


# Executions: one document; of a long one the jobs lie in buckets beside its head.


def execution_key(execution_id: str) -> Key:
    return Key(keys.execution(execution_id), "EXECUTION")


def execution_item(stored: StoredExecution, read: Execution, version: int, expires: int) -> Item:
    """The execution, or the head of a long one."""
    key = execution_key(stored.id)
    item: Item = {
        "pk": key.pk,
        "sk": key.sk,
        "version": version,
        "doc": documents.pack(stored),
        schema.EXPIRES: expires,
    }
    if stored.state.split:
        item["split"] = 1
    if stored.pipeline_id:
        item["summary"] = documents.pack(brief(read))
        item["history_pk"] = keys.pipeline(stored.pipeline_id)
        item["history_sk"] = keys.order(read.order, stored.id)
        if is_sha(read.commit):
            item["commit_pk"] = keys.commit(read.commit)
            item["commit_sk"] = keys.commit_sort(read.commit, read.order, stored.id)
    return item


def jobs_key(execution_id: str, bucket: int) -> Key:
    return Key(keys.execution(execution_id), keys.jobs(bucket))


def jobs_item(execution_id: str, bucket: int, jobs: Jobs, expires: int) -> Item:
    key = jobs_key(execution_id, bucket)
    return {"pk": key.pk, "sk": key.sk, "doc": documents.pack(jobs), schema.EXPIRES: expires}


def jobs_of(item: Item) -> Jobs:
    return documents.unpack(dict[str, ComponentState], _bytes(item["doc"]))


def _bytes(value: str | int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("a document in bytes is needed")
    return value


def is_sha(commit: str) -> bool:
    return len(commit) >= keys.COMMIT_PREFIX and all(letter in "0123456789abcdef" for letter in commit)


def head_of(item: Item) -> tuple[StoredExecution, int]:
    """The execution and its version; of a long one the head alone, with stand-ins for its jobs."""
    document = item["doc"]
    if isinstance(document, bytes):
        return documents.unpack(StoredExecution, document), number(item, "version")
    return upgrade.execution(str(document)), number(item, "version")


def execution_of(items: Sequence[Item]) -> tuple[StoredExecution, int] | None:
    """The stored execution with all its jobs and its version, from its items in key order. None when there are none, or
    when parts of two versions were read (a write came between: read again)."""
    if not items:
        return None
    head, rest = items[0], items[1:]
    if "parts" in head:
        return _in_parts(head, rest)
    stored, version = head_of(head)
    if not stored.state.split:
        return stored, version
    buckets = {number: jobs_of(item) for number, item in enumerate(rest) if text(item, "sk").startswith(keys.JOBS)}
    return replace(stored, state=whole(Split(stored.state, buckets))), version


def _in_parts(head: Item, parts: Sequence[Item]) -> tuple[StoredExecution, int] | None:
    """A long document as the build before version 2 cut it."""
    version, expected = number(head, "version"), number(head, "parts")
    parts = [item for item in parts if number(item, "version") == version][:expected]
    if len(parts) != expected:
        return None
    return upgrade.execution("".join(text(item, "doc") for item in (head, *parts))), version


def brief_of(item: Item) -> ExecutionBrief:
    packed = item["summary"]
    return documents.unpack(ExecutionBrief, packed) if isinstance(packed, bytes) else upgrade.brief(str(packed))


# Pipelines.


def record_key(pipeline_id: str) -> Key:
    return Key(keys.pipeline(pipeline_id), "PIPELINE")


def record_item(record: PipelineRecord, version: int) -> Item:
    key = record_key(record.id)
    document = documents.pack(record_form.compact(record), record_form.VERSION)
    return {"pk": key.pk, "sk": key.sk, "version": version, "doc": document}


def record_of(item: Item) -> PipelineRecord:
    return RECORDS.of(item)


def _record(document: str | int | bytes) -> PipelineRecord:
    if not isinstance(document, bytes):
        return upgrade.record(str(document))
    if documents.version_of(document) < record_form.VERSION:
        return documents.unpack(PipelineRecord, document)
    return record_form.expand(documents.unpack(list, document))


def record_without_history(item: Item) -> PipelineRecord:
    """Where very many are read for what they are called."""
    document = item["doc"]
    if isinstance(document, bytes) and documents.version_of(document) >= record_form.VERSION:
        return record_form.without_history(document)
    return replace(_record(document), history=RunHistory())


# Read with every event, changed when a run ends: to decode it was an eighth of what an event costs.
RECORDS = Latest(_record, 1024)


def row_key(team_id: str, pipeline_id: str) -> Key:
    return Key(keys.team(team_id), keys.pipeline(pipeline_id))


def row_item(row: BoardRow, version: int) -> Item:
    key = row_key(row.team_id, row.id)
    item: Item = {"pk": key.pk, "sk": key.sk, "version": version, "doc": documents.pack(row)}
    return {**item, "hidden": 1} if row.hidden else item


def row_of(item: Item) -> BoardRow:
    return ROWS.of(item)


@lru_cache(maxsize=4096)
def row_of_document(document: str | int | bytes) -> BoardRow:
    if isinstance(document, bytes):
        return documents.unpack(BoardRow, document)
    return upgrade.row(str(document))


# Read with every event, and changed by most.
ROWS = Latest(row_of_document.__wrapped__, 1024)


def summary_key(team_id: str, pipeline_id: str) -> Key:
    return Key(keys.teams(), keys.summary_sort(team_id, pipeline_id))


def summary_item(row: BoardRow) -> Item:
    key = summary_key(row.team_id, row.id)
    return {"pk": key.pk, "sk": key.sk, "doc": documents.pack(summarise(row))}


def summary_row(document: str | int | bytes, sort: str) -> BoardRow:
    """A pipeline as its summary tells it. `sort`: its item's sort key."""
    _, team_id, pipeline_id = sort.split(keys.SEPARATOR)
    return row_of_summary(documents.unpack(PipelineSummary, bytes(document)), pipeline_id, team_id)  # type: ignore[arg-type]


# Change notices.


def change_of(item: Item) -> Change:
    at, _, nonce = text(item, "sk").partition(keys.SEPARATOR)
    return Change(nonce, int(at), tuple(text(item, "doc").split(" ")))


# Connections and deliveries.


def connection_key(connection_id: str) -> Key:
    return Key(keys.connection(connection_id), "CONNECTION")


def connection_item(connection: Connection) -> Item:
    key = connection_key(connection.id)
    told = replace(connection, secret="", previous_secret="", api=connection.api.without_secrets())
    return {
        "pk": key.pk,
        "sk": key.sk,
        "version": connection.version,
        "doc": documents.dump(connection),
        "history_pk": keys.team(connection.team_id),
        "history_sk": keys.connection_sort(connection.created_at, connection.id),
        "inbox_pk": keys.ALL_CONNECTIONS,
        "inbox_sk": f"{keys.part(connection.source)}{keys.SEPARATOR}{keys.part(connection.id)}",
        "summary": documents.dump(told),
    }


def connection_of(item: Item) -> Connection:
    return upgrade.connection(documents.load(Connection, text(item, "doc" if "doc" in item else "summary")))


def named_connection(item: Item) -> tuple[str, str]:
    """Its source and id, as the list of all connections has them."""
    source, _, connection_id = text(item, "inbox_sk").partition(keys.SEPARATOR)
    return source, connection_id


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
        "summary": documents.dump(_delivery_brief(delivery)),
        schema.EXPIRES: delivery.received_at // 1000 + retention_days * DAY_SECONDS,
    }
    if delivery.post:
        item["post"] = delivery.post
    if delivery.outcome == PENDING:
        item["doc"] = documents.dump(replace(delivery, post=""))
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


def delivery_of(item: Item) -> Delivery:
    """A delivery of the inbox, whole."""
    document, post = text(item, "doc"), text(item, "post")
    try:
        return replace(documents.load(Delivery, document), post=post)
    except documents.WrongShape:
        return upgrade.delivery(document, post)


def delivery_brief_of(item: Item) -> DeliveryBrief:
    return documents.load(DeliveryBrief, text(item, "summary"))


# Teams.


def team_key(team_id: str) -> Key:
    return Key(keys.teams(), keys.team(team_id))


def slug_key(name: str) -> Key:
    return Key(keys.slug(name), "SLUG")


def team_item(team: Team) -> Item:
    key = team_key(team.id)
    return {"pk": key.pk, "sk": key.sk, "version": team.version, "doc": documents.dump(team)}


def team_of(item: Item) -> Team:
    return replace(documents.load(Team, text(item, "doc")), version=number(item, "version"))


def slug_item(team: Team) -> Item:
    key = slug_key(team.slug)
    return {"pk": key.pk, "sk": key.sk, "doc": documents.dump(team)}


# What a deleted team leaves behind.


def removal_key(team_id: str) -> Key:
    return Key(keys.removals(), keys.team(team_id))


def removal_item(team_id: str, at: int) -> Item:
    key = removal_key(team_id)
    return {"pk": key.pk, "sk": key.sk, "doc": team_id, "at": at}
