"""Failures <-> items, pure. They lie apart from their execution, whose items are read as one."""

from __future__ import annotations

import hashlib
import secrets

from storage import keys, schema
from storage.codec import documents
from storage.codec.items import text
from storage.model.failures import FailureBrief, GreenLines, JobFailure, WantedLogs
from storage.table import Item, Key

GREEN_SECONDS = 90 * 86_400


def failure_key(execution_id: str, place: int) -> Key:
    return Key(keys.failures("FAILURES", execution_id), f"{keys.FAILURE}{place}")


def failure_item(failure: JobFailure, number: str, expires: int) -> Item:
    """`number`: of its execution. One that is like others can be found by its fingerprint."""
    key = failure_key(failure.execution_id, failure.place)
    item: Item = {"pk": key.pk, "sk": key.sk, "doc": documents.pack(failure), schema.EXPIRES: expires}
    if failure.fingerprint:
        brief = FailureBrief(
            failure.execution_id, failure.place, failure.team_id, failure.pipeline_id, number, failure.at
        )
        item["history_pk"] = keys.failures("FINGERPRINT", failure.fingerprint)
        item["history_sk"] = keys.moment(failure.at, f"{failure.execution_id}-{failure.place}")
        item["summary"] = documents.dump(brief)
    return item


def failure_of(item: Item) -> JobFailure:
    return documents.unpack(JobFailure, bytes(item["doc"]))  # type: ignore[arg-type]


def brief_of(item: Item) -> FailureBrief:
    return documents.load(FailureBrief, text(item, "summary"))


def wanted_key(execution_id: str) -> Key:
    return Key(keys.WANTED_LOGS, keys.execution(execution_id))


def wanted_item(wanted: WantedLogs) -> Item:
    """Two notes of one execution differ, so that what was read before the second is not taken for all."""
    key = wanted_key(wanted.execution_id)
    return {"pk": key.pk, "sk": key.sk, "version": secrets.randbits(48), "doc": documents.dump(wanted)}


def wanted_of(item: Item) -> WantedLogs:
    return documents.load(WantedLogs, text(item, "doc"))


def green_key(pipeline_id: str, stage: str, job: str) -> Key:
    """Names of jobs may hold anything, so their hash is the key."""
    named = hashlib.sha256(f"{stage}\x1f{job}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Key(keys.failures("GREEN_LINES", pipeline_id), f"JOB#{named}")


def green_item(pipeline_id: str, stage: str, job: str, lines: GreenLines, now: int) -> Item:
    key = green_key(pipeline_id, stage, job)
    execution = {"execution_id": lines.execution_id}
    return {"pk": key.pk, "sk": key.sk, "doc": lines.hashes, **execution, schema.EXPIRES: now // 1000 + GREEN_SECONDS}


def green_of(item: Item) -> GreenLines:
    return GreenLines(text(item, "execution_id"), bytes(item["doc"]))  # type: ignore[arg-type]
