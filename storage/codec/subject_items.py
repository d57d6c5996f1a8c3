"""Environments, incidents and change requests as items."""

from __future__ import annotations

from storage import keys, schema
from storage.codec import documents
from storage.codec.items import number, text
from storage.model.subject_views import ChangeRequest, Environment, Incident, Subject, read_subject
from storage.model.subjects import StoredSubject, SubjectKind
from storage.table import Item, Key

VIEWS: dict[SubjectKind, type[Subject]] = {
    SubjectKind.ENVIRONMENT: Environment,
    SubjectKind.INCIDENT: Incident,
    SubjectKind.CHANGE_REQUEST: ChangeRequest,
}


def subject_key(kind: SubjectKind, subject_id: str) -> Key:
    return Key(keys.subject(kind, subject_id), kind.upper())


def subject_item(stored: StoredSubject, version: int, expires: int) -> Item:
    """Listed for its team by when it was opened; an environment by when something was last told of it."""
    key, state = subject_key(stored.kind, stored.id), stored.state
    return {
        "pk": key.pk,
        "sk": key.sk,
        "version": version,
        "doc": documents.pack(stored),
        "history_pk": keys.subjects_of(stored.kind, stored.team_id),
        "history_sk": keys.moment(state.opened_at or state.last_event_at, stored.id),
        "summary": documents.pack(read_subject(stored)),
        schema.EXPIRES: expires,
    }


def subject_of(item: Item) -> tuple[StoredSubject, int]:
    """The subject and its version."""
    return documents.unpack(StoredSubject, bytes(item["doc"])), number(item, "version")  # type: ignore[arg-type]


def listed_subject_of(item: Item) -> Subject:
    """As the index lists it."""
    kind = SubjectKind(text(item, "sk").lower())
    return documents.unpack(VIEWS[kind], bytes(item["summary"]))  # type: ignore[arg-type]
