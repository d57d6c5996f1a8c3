"""Teams: who owns pipelines. Summaries of those stand beside them, so that pages over all teams are one query."""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from storage import keys, topics
from storage.codec import documents, fact_items, items, name_items, runner_items
from storage.codec.items import slug_item, slug_key, team_item, team_key
from storage.errors import AlreadyExists, Conflict, NotFound, Reserved
from storage.model.accounts import Actor, Fields
from storage.model.board_row import BoardRow
from storage.model.conditions import Phase, phases
from storage.model.document import replace
from storage.model.entities import Connection, Team
from storage.model.pipeline_names import PipelineNames
from storage.model.quiet import QuietConnection
from storage.model.runners_online import RunnersOnline
from storage.model.team_rules import UNASSIGNED
from storage.repositories import audit, changes
from storage.table import Absent, Delete, Exists, Put, Query, Table, VersionIs, Write

# Connections that go in the transaction that deletes their team; those of a team with more follow in a moment.
AT_ONCE = 80
EDITABLE = ("name", "slug", "description", "is_open")


@dataclass(frozen=True, slots=True)
class StoredSummary:
    """A pipeline as its summary tells it. `stamp` differs between any two summaries, and is the same in every process;
    `phases`: the conditions it goes through by itself."""

    stamp: str
    row: BoardRow
    phases: tuple[Phase, ...]


@dataclass(frozen=True, slots=True)
class TeamEntry:
    """A team and its pipelines as their summaries tell them, where they were asked for; without those people hid."""

    team: Team
    summaries: tuple[StoredSummary, ...] = ()

    @property
    def rows(self) -> tuple[BoardRow, ...]:
        return tuple(summary.row for summary in self.summaries)


class Teams:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def list_all(self) -> list[TeamEntry]:
        """All teams by name, without their pipelines."""
        page = self._table.query(Query(keys.teams(), prefix=keys.TEAMS))
        return sorted((TeamEntry(items.team_of(item)) for item in page.items), key=_by_name)

    def list_boards(self) -> list[TeamEntry]:
        """All teams by name, with their pipelines by name."""
        return self.list_overview()[0]

    def list_overview(self) -> tuple[list[TeamEntry], RunnersOnline]:
        """The same with how many runners are online, which stands among them."""
        page = self._table.query(Query(keys.teams()))
        teams: list[Team] = []
        found: dict[str, list[StoredSummary]] = defaultdict(list)
        online = RunnersOnline()
        for item in page.items:
            sort = str(item["sk"])
            if sort.startswith(keys.TEAMS):
                teams.append(items.team_of(item))
            elif sort == runner_items.SORT:
                online = runner_items.online_of(item)
            else:
                summary = _summary(item["doc"], sort)
                found[summary.row.team_id].append(summary)
        entries = (TeamEntry(team, tuple(sorted(found[team.id], key=by_label))) for team in teams)
        return sorted(entries, key=_by_name), online

    def find_summaries(self, pairs: Sequence[tuple[str, str]]) -> list[StoredSummary | None]:
        """Of pipelines, each by its team's id and its own, at most 100 of them. None where it is not that team's, or
        hidden."""
        found = self._table.batch_get([items.summary_key(*pair) for pair in pairs])
        return [_summary(item["doc"], str(item["sk"])) if item else None for item in found]

    def list_names(self) -> dict[str, PipelineNames]:
        """The names of the pipelines of each team, by its id; without teams of which nobody has listed them yet."""
        return dict(name_items.names_of(item) for item in self._table.query(Query(keys.names())).items)

    def find(self, team_id: str) -> TeamEntry | None:
        item = self._table.get(team_key(team_id))
        return TeamEntry(items.team_of(item)) if item else None

    def find_by_slug(self, slug: str) -> Team | None:
        item = self._table.get(slug_key(slug))
        return documents.load(Team, items.text(item, "doc")) if item else None

    def get(self, team_id: str) -> TeamEntry:
        entry = self.find(team_id)
        if entry is None:
            raise NotFound("Team not found")
        return entry

    def create(
        self, name: str, slug: str, by: Actor, *, description: str = "", is_open: bool = True, team_id: str = ""
    ) -> Team:
        """Raises AlreadyExists when the slug is taken, or there is a team with this id."""
        now = self._now()
        team = Team(
            id=team_id or str(uuid.uuid4()),
            name=name,
            slug=slug,
            created_at=now,
            updated_at=now,
            created_by=by.name,
            description=description,
            is_open=is_open,
            updated_by=by.name,
        )
        noted = self._entry(by, "team.created", team, after=audit.fields(team, ("name", "slug", "is_open")))
        writes = [
            Put(slug_item(team), Absent()),
            Put(team_item(team), Absent()),
            Put(name_items.names_item(team.id, PipelineNames(), 1)),
            Put(fact_items.health_team_item(team)),
            self._notice(topics.NETWORK, topics.HEALTH),
            noted,
        ]
        try:
            self._table.transact(writes)
        except Conflict as conflict:
            known = documents.load(Team, items.text(conflict.old, "doc")) if conflict.old else None
            if known is None or (known.id, known.created_at) != (team.id, now):
                raise AlreadyExists(f"the address {slug} is taken") from conflict
        return team

    def create_unassigned(self, by: Actor) -> None:
        """The team of pipelines that no rule fits, unless it stands. Its address has a number where another team has
        the plain one."""
        for number in count(1):
            slug = "unassigned" if number == 1 else f"unassigned-{number}"
            try:
                self.create("Unassigned", slug, by, is_open=False, team_id=UNASSIGNED)
            except AlreadyExists:
                if self.find(UNASSIGNED) is None:
                    continue
            return

    def update(self, entry: TeamEntry, wanted: Team, by: Actor) -> Team:
        """`wanted` is the team of `entry` with other words. Raises AlreadyExists when the slug is another team's,
        Conflict when somebody changed the team since `entry` was read, Reserved where it is Unassigned."""
        _not_reserved(entry.team)
        try:
            return self._update(entry, wanted, by)
        except Conflict as conflict:
            if conflict.index == 1:
                raise AlreadyExists(f"the address {wanted.slug} is taken") from conflict
            raise

    def _update(self, entry: TeamEntry, wanted: Team, by: Actor) -> Team:
        before = entry.team
        team = replace(wanted, id=before.id, updated_at=self._now(), updated_by=by.name, version=before.version + 1)
        moved = team.slug != before.slug
        old, new = audit.difference(before, team, EDITABLE)
        named = [
            topics.NETWORK,
            topics.HEALTH,
            topics.team(team.id),
            *([topics.gate(team.id)] if moved or team.is_open != before.is_open else []),
        ]
        writes: list[Write] = [
            Put(team_item(team), VersionIs(before.version)),
            Put(slug_item(team), Absent() if moved else None),
            Put(fact_items.health_team_item(team)),
            self._notice(*named),
            self._entry(by, "team.changed", team, before=old, after=new),
        ]
        if moved:
            writes.append(Delete(slug_key(before.slug)))
        self._table.transact(writes)
        return team

    def tell_quiet(self, team: Team, quiet: tuple[QuietConnection, ...], shown: Sequence[str] = ()) -> Team:
        """Of which of its connections nothing is taken. `shown`: topics of pages of the team, beside its own, that say
        it. Nobody did it, so the audit log does not tell. Raises Conflict when somebody changed the team since."""
        told = replace(team, quiet=quiet, version=team.version + 1)
        writes = [
            Put(team_item(told), VersionIs(team.version)),
            Put(slug_item(told)),
            self._notice(topics.NETWORK, topics.team(team.id)),
            # Apart: beside a pipeline's name the network would look at that alone.
            *changes.notices(self._now(), shown),
        ]
        self._table.transact(writes)
        return told

    def delete(self, team: Team, by: Actor, connections: Sequence[Connection] = ()) -> None:
        """The team, its address and its connections are gone at once; what else it had is noted for removal. Raises
        NotFound when it is gone already, Reserved where it is Unassigned."""
        _not_reserved(team)
        before = audit.fields(team, ("name", "slug"))
        writes: list[Write] = [
            Delete(team_key(team.id), Exists()),
            Delete(slug_key(team.slug)),
            Delete(name_items.names_key(team.id)),
            Delete(fact_items.health_team_key(team.id)),
            Put(items.removal_item(team.id, self._now())),
            self._notice(topics.NETWORK, topics.HEALTH, topics.gate(team.id)),
            self._entry(by, "team.deleted", team, before=before),
            *(Delete(items.connection_key(connection.id)) for connection in connections[:AT_ONCE]),
        ]
        try:
            self._table.transact(writes)
        except Conflict as conflict:
            raise NotFound("Team not found") from conflict

    def _notice(self, *named: str) -> Put:
        return changes.notice(self._now(), named)

    def _entry(self, by: Actor, action: str, team: Team, *, before: Fields = (), after: Fields = ()) -> Put:
        noted = audit.entry(
            by, self._now(), action, team.name, target_id=team.id, team_id=team.id, before=before, after=after
        )
        return audit.put(noted)


def _not_reserved(team: Team) -> None:
    if team.id == UNASSIGNED:
        raise Reserved("Unassigned is where pipelines wait that no rule fits: it keeps its name, and stays")


def _by_name(entry: TeamEntry) -> tuple[str, str]:
    return (entry.team.name.casefold(), entry.team.id)


def by_label(summary: StoredSummary) -> tuple[str, str]:
    return (summary.row.label.casefold(), summary.row.id)


@lru_cache(maxsize=32_768)
def _summary(document: str | int | bytes, sort: str) -> StoredSummary:
    """What follows from a summary alone is worked out once: pages over all teams read thousands."""
    row = items.summary_row(document, sort)
    return StoredSummary(hashlib.blake2b(bytes(document), digest_size=8).hexdigest(), row, phases(row))  # type: ignore[arg-type]
