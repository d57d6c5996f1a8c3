"""Environments, incidents, change requests and pushed commits as items."""

from __future__ import annotations

from storage import keys, schema
from storage.codec import documents
from storage.codec.items import is_sha, number, text
from storage.model.subject_views import ChangeRequest, Environment, Incident, PushedCommit, Subject, read_subject
from storage.model.subjects import StoredSubject, SubjectKind
from storage.table import Item, Key

VIEWS: dict[SubjectKind, type[Subject]] = {
    SubjectKind.ENVIRONMENT: Environment,
    SubjectKind.INCIDENT: Incident,
    SubjectKind.CHANGE_REQUEST: ChangeRequest,
    SubjectKind.COMMIT: PushedCommit,
}


def subject_key(kind: SubjectKind, subject_id: str) -> Key:
    return Key(keys.subject(kind, subject_id), kind.upper())


def subject_item(stored: StoredSubject, version: int, expires: int) -> Item:
    """Listed for its team by when it was opened, an environment by when something was last told of it; a commit for
    its author. Commits are found by their id, change requests by their number, environments of services as such."""
    key, state, read = subject_key(stored.kind, stored.id), stored.state, read_subject(stored)
    opened = state.opened_at or state.last_event_at
    item: Item = {
        "pk": key.pk,
        "sk": key.sk,
        "version": version,
        "doc": documents.pack(stored),
        "history_pk": keys.subjects_of(stored.kind, stored.team_id),
        "history_sk": keys.moment(opened, stored.id),
        "summary": documents.pack(read),
        schema.EXPIRES: expires,
    }
    if isinstance(read, PushedCommit):
        # The list of a team's commits is for their removal alone, so the index that projects nothing will do.
        item["inbox_pk"], item["inbox_sk"] = item["history_pk"], item["history_sk"]
        if read.author:
            item["history_pk"] = keys.commits_of_author(read.author)
        if is_sha(read.sha):
            item["commit_pk"], item["commit_sk"] = keys.commit(read.sha), keys.pushed_commit_sort(read.sha, read.id)
    if isinstance(read, Environment) and read.is_of_a_service:
        item["commit_pk"], item["commit_sk"] = keys.SERVICES, keys.moment(opened, read.id)
    if isinstance(read, ChangeRequest):
        item["commit_pk"], item["commit_sk"] = keys.change_requests_numbered(read.number), keys.moment(opened, read.id)
    return item


def subject_of(item: Item) -> tuple[StoredSubject, int]:
    """The subject and its version."""
    return documents.unpack(StoredSubject, bytes(item["doc"])), number(item, "version")  # type: ignore[arg-type]


def listed_subject_of(item: Item) -> Subject:
    """As the index lists it."""
    kind = SubjectKind(text(item, "sk").lower())
    return documents.unpack(VIEWS[kind], bytes(item["summary"]))  # type: ignore[arg-type]
