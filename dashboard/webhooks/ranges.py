"""The commits between a run's commit and the one before it, read from the tool where no push told them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from dashboard.readmodels.rows import row_of
from dashboard.tool_apis.github import Comparison, GitHubApi
from storage import keys
from storage.model.entities import Connection, Voice
from storage.model.pipeline_record import PipelineRecord
from storage.model.subjects import CommitPushed
from storage.store import Store

# Of a repository the newest runs are looked at.
MOST_RANGES = 5


class Range(NamedTuple):
    """From the commit of one run to that of the next. scope: what commits of it are unique within, as push events have
    it. at: when the later run was asked for, milliseconds."""

    repository: str
    host: str
    scope: str
    branch: str
    base: str
    head: str
    at: int


def ranges_of(store: Store, team_id: str, source: str) -> list[Range]:
    """Of the default branches of a team's repositories, and of those that rules put on other boards, newest first, each
    once."""
    boards = _boards(store, team_id, source)
    rows = [row_of(stored) for board in boards for stored in store.pipelines.list_board(board)]
    mine = [row for row in rows if row.source == source and row.repository]
    records = store.pipelines.list_records([row.id for row in mine])
    found: dict[str, Range] = {}
    for row in mine:
        record = records.get(row.id)
        if record is None or not record.key or not record.default_branch:
            continue
        if row.team_id != team_id and record.id != keys.pipeline_id(team_id, source, record.key):
            continue
        told = [(run.order, run.commit, run.queued_at) for run in record.history.runs if not run.rollback]
        flying = (one for one in row.in_flight if one.voice is Voice.DEFAULT and not one.rollback)
        told += [(one.order, one.commit, one.queued_at) for one in flying]
        for one in _pairs(record, row.repository, sorted(told)[-MOST_RANGES - 1 :]):
            found.setdefault(one.head, one)
    return sorted(found.values(), key=lambda one: -one.at)


def _boards(store: Store, team_id: str, source: str) -> list[str]:
    """Where pipelines may be that the team's connections tell of: its own first."""
    if not store.team_rule_sets.find().decide_for(team_id, source):
        return [team_id]
    return list(dict.fromkeys([team_id, *(entry.team.id for entry in store.teams.list_all())]))


def _pairs(record: PipelineRecord, repository: str, told: Sequence[tuple[int, str, int | None]]) -> Iterator[Range]:
    scope, host = record.key.rpartition("/")[0], record.text("host")
    for (_, base, _), (_, head, at) in pairwise(told):
        if base and head and at is not None and base != head:
            yield Range(repository, host, f"{scope}/{record.default_branch}", record.default_branch, base, head, at)


def read_range(store: Store, api: GitHubApi, connection: Connection, wanted: Range) -> bool:
    """Keep its commits as a push would have told them; whether there was something to do. Raises ApiError."""
    known = store.executions.list_of_commit(wanted.head, 1).pushed
    if any(one.team_id == connection.team_id for one in known):
        return False
    compared = api.compare(wanted.repository, wanted.base, wanted.head)
    store.recorder.apply(connection.team_id, (), subjects=list(_pushed(connection, wanted, compared)))
    return True


def _pushed(connection: Connection, wanted: Range, compared: Comparison) -> Iterator[CommitPushed]:
    for place, commit in enumerate(compared.commits, start=1):
        yield CommitPushed(
            source=connection.source,
            host=wanted.host,
            scope=wanted.scope,
            subject=commit.sha,
            at=wanted.at,
            repository=wanted.repository,
            branch=wanted.branch,
            head=wanted.head,
            number=place,
            size=compared.total,
            committed_at=commit.committed_at,
            message=commit.message,
            author=commit.author,
        )
