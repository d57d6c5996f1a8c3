"""Environments, incidents, change requests and pushed commits, read. They are written only by storage.recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storage import keys
from storage.codec import subject_items
from storage.model.subject_views import ChangeRequest, Environment, Incident, Subject, read_subject
from storage.model.subjects import SubjectKind
from storage.table import Cursor, Query, Table

PAGE, MOST_SERVICES = 100, 500


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """`next` is None where the list ends."""

    items: Sequence[Subject]
    next: Cursor | None


class Subjects:
    def __init__(self, table: Table) -> None:
        self._table = table

    def find_environment(self, subject_id: str) -> Environment | None:
        found = self._find(SubjectKind.ENVIRONMENT, subject_id)
        return found if isinstance(found, Environment) else None

    def find_incident(self, subject_id: str) -> Incident | None:
        found = self._find(SubjectKind.INCIDENT, subject_id)
        return found if isinstance(found, Incident) else None

    def find_change_request(self, subject_id: str) -> ChangeRequest | None:
        found = self._find(SubjectKind.CHANGE_REQUEST, subject_id)
        return found if isinstance(found, ChangeRequest) else None

    def list_of_team(
        self, kind: SubjectKind, team_id: str, limit: int = PAGE, cursor: Cursor | None = None
    ) -> SubjectPage:
        """Newest first: by when it was opened, environments by what was last told of them."""
        query = Query(keys.subjects_of(kind, team_id), index="history", reverse=True, limit=limit, cursor=cursor)
        page = self._table.query(query)
        return SubjectPage([subject_items.listed_subject_of(item) for item in page.items], page.next)

    def list_services(self) -> list[Environment]:
        """The environments of services, of all teams, MOST_SERVICES of which something was told last."""
        query = Query(keys.SERVICES, index="commits", reverse=True, limit=MOST_SERVICES)
        found = (subject_items.listed_subject_of(item) for item in self._table.query(query).items)
        return [one for one in found if isinstance(one, Environment)]

    def list_of_author(self, name: str, limit: int = PAGE, cursor: Cursor | None = None) -> SubjectPage:
        """The commits of all teams that people or tools called so pushed, newest first."""
        query = Query(keys.commits_of_author(name), index="history", reverse=True, limit=limit, cursor=cursor)
        page = self._table.query(query)
        return SubjectPage([subject_items.listed_subject_of(item) for item in page.items], page.next)

    def list_numbered(self, number: str, limit: int = PAGE, cursor: Cursor | None = None) -> SubjectPage:
        """The change requests of this number, of all teams and repositories, newest first."""
        query = Query(keys.change_requests_numbered(number), index="commits", reverse=True, limit=limit, cursor=cursor)
        page = self._table.query(query)
        return SubjectPage([subject_items.listed_subject_of(item) for item in page.items], page.next)

    def list_incidents(self, team_id: str, since: int) -> list[Incident]:
        """A team's incidents that were opened since then (milliseconds), newest first."""
        found: list[Incident] = []
        cursor = None
        while True:
            page = self.list_of_team(SubjectKind.INCIDENT, team_id, cursor=cursor)
            newer = [one for one in page.items if isinstance(one, Incident) and one.opened_at >= since]
            found += newer
            cursor = page.next
            if cursor is None or len(newer) < len(page.items):
                return found

    def _find(self, kind: SubjectKind, subject_id: str) -> Subject | None:
        item = self._table.get(subject_items.subject_key(kind, subject_id))
        return read_subject(subject_items.subject_of(item)[0]) if item else None
