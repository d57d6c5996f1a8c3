"""Teams: who owns pipelines. Each holds a summary of its board, so that pages over all teams are one query."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from storage import items, packing, schema
from storage.entities import Team
from storage.errors import AlreadyExists, Conflict, NotFound
from storage.items import slug_item, slug_key, team_item, team_key
from storage.summary import TeamSummary
from storage.table import Absent, Delete, Put, Query, Table, VersionIs, Write

TRIES = 5


@dataclass(frozen=True, slots=True)
class TeamEntry:
    """A team and the summary of its board. `version` guards the item they share."""

    team: Team
    summary: TeamSummary


class Teams:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def list_all(self) -> list[TeamEntry]:
        page = self._table.query(Query(schema.teams(), prefix="TEAM#"))
        entries = [TeamEntry(items.team_of(item), _summary(items.text(item, "summary"))) for item in page.items]
        return sorted(entries, key=lambda entry: (entry.team.name.casefold(), entry.team.id))

    def find(self, team_id: str) -> TeamEntry | None:
        item = self._table.get(team_key(team_id))
        return TeamEntry(items.team_of(item), _summary(items.text(item, "summary"))) if item else None

    def get(self, team_id: str) -> TeamEntry:
        entry = self.find(team_id)
        if entry is None:
            raise NotFound("Team not found")
        return entry

    def create(self, name: str, slug: str, created_by: str = "") -> Team:
        """Raises AlreadyExists when the slug is taken."""
        now = self._now()
        team = Team(str(uuid.uuid4()), name, slug, now, now, created_by)
        try:
            self._table.transact([Put(team_item(team, ""), Absent()), Put(slug_item(team), Absent())])
        except Conflict as conflict:
            if conflict.old is None or packing.load(Team, items.text(conflict.old, "doc")).id != team.id:
                raise AlreadyExists(f"the address {slug} is taken") from conflict
        return team

    def update(self, entry: TeamEntry, name: str, slug: str) -> Team:
        """Raises AlreadyExists when the slug is another team's, Conflict when somebody changed the team since `entry`
        was read. Its summary, which shares the item, may change meanwhile."""
        for _ in range(TRIES):
            try:
                return self._update(entry, name, slug)
            except Conflict as conflict:
                if conflict.index == 1:
                    raise AlreadyExists(f"the address {slug} is taken") from conflict
                now = self.get(entry.team.id)
                if now.team.updated_at != entry.team.updated_at:
                    raise
                entry = now
        raise Conflict("the team is being written by others")

    def _update(self, entry: TeamEntry, name: str, slug: str) -> Team:
        before = entry.team
        team = replace(before, name=name, slug=slug, updated_at=self._now(), version=before.version + 1)
        moved = slug != before.slug
        writes: list[Write] = [
            Put(team_item(team, packing.dump(entry.summary)), VersionIs(before.version)),
            Put(slug_item(team), Absent() if moved else None),
        ]
        if moved:
            writes.append(Delete(slug_key(before.slug)))
        self._table.transact(writes)
        return team

    def delete(self, team: Team) -> None:
        self._table.transact([Delete(team_key(team.id)), Delete(slug_key(team.slug))])

    def put_summary(self, entry: TeamEntry, summary: TeamSummary) -> None:
        """Raises Conflict when the team or its summary changed since `entry` was read."""
        team = replace(entry.team, version=entry.team.version + 1)
        now = self._now()
        notice = items.change_item(now, ["network"], schema.new_id()[:12])
        item = team_item(team, packing.dump(summary))
        self._table.transact([Put(item, VersionIs(entry.team.version)), Put(notice)])


def _summary(text: str) -> TeamSummary:
    return packing.load(TeamSummary, text) if text else TeamSummary()
