"""Fold all that is derived again from the executions: histories, rows, summaries, names."""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.management.bar import Bar
from dashboard.store import get_store
from storage.errors import NotFound, StorageError, TableMissing, Unavailable
from storage.model.entities import Team
from storage.model.pipeline_record import PipelineRecord
from storage.recording.rebuild import Refolded
from storage.store import Store

logger = logging.getLogger(__name__)

MOST_TOLD = 50


@dataclass
class Told:
    """What came of it. Changed, facts (of runs), taken over and dropped are counts; failed and kept are lines for
    people."""

    seen: int = 0
    changed: int = 0
    facts: int = 0
    renamed: int = 0
    gathered: int = 0
    dropped: int = 0
    failed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


class Command(BaseCommand):
    help = (
        "Fold histories, rows, summaries, facts and names again from the executions, after an upgrade or when in doubt."
        " Safe while events keep coming, to stop and to run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--team", default="", metavar="SLUG", help="this team's pipelines alone")
        parser.add_argument("--pipeline", default="", metavar="ID", help="this pipeline alone")

    def handle(self, *args: Any, **options: Any) -> None:
        store, told = get_store(), Told()
        try:
            if options["pipeline"]:
                _fold_one(store, options["pipeline"], told)
            else:
                _rebuild(store, _teams(store, options["team"]), told, Bar(self.stderr))
        except StorageError as error:
            raise CommandError(f"{type(error).__name__}: {error}. Run it again: what is done stays done.") from error
        self._tell(told)

    def _tell(self, told: Told) -> None:
        self.stdout.write(
            f"{told.seen} pipelines: {told.changed} changed, {told.gathered} took over former keys,"
            f" {told.dropped} summaries without a row dropped. Boards with new names: {told.renamed}."
            f" Runs whose facts changed: {told.facts}."
        )
        for line in told.kept[:MOST_TOLD]:
            self.stdout.write(line)
        if told.failed:
            lines = "\n".join(told.failed[:MOST_TOLD])
            raise CommandError(f"{len(told.failed)} could not be rebuilt:\n{lines}")


def _teams(store: Store, slug: str) -> list[Team]:
    if not slug:
        return [entry.team for entry in store.teams.list_all()]
    team = store.teams.find_by_slug(slug)
    if team is None:
        raise CommandError(f"There is no team {slug!r}.")
    return [team]


def _rebuild(store: Store, teams: Sequence[Team], told: Told, bar: Bar) -> None:
    for team in teams:
        with _noted(told, f"former keys of team {team.name}"):
            told.gathered += store.rebuilder.gather(team.id)
    work = [(team, store.rebuilder.list_pipelines(team.id)) for team in teams]
    total, done = sum(len(ids) for _, ids in work), 0
    for team, ids in work:
        for pipeline_id in _and_lost(store, team, ids, told):
            told.seen += 1
            with _noted(told, f"{pipeline_id} of team {team.name}"):
                if made := _fold_or_revive(store, team, pipeline_id):
                    told.changed += made.changed
                    told.facts += made.facts
            done = min(done + 1, total)
            bar.show(done, total, team.name)
        with _noted(told, f"names of team {team.name}"):
            told.renamed += store.rebuilder.rename(team.id)
            told.kept += [_kept(team, record) for record in store.rebuilder.boards.kept_apart(team.id)]
    bar.end()


@contextmanager
def _noted(told: Told, what: str) -> Iterator[None]:
    """One that fails must not keep the others from it; where the store is away, all would."""
    try:
        yield
    except (Unavailable, TableMissing):
        raise
    except StorageError as error:
        told.failed.append(f"{what}: {error}")
    except Exception as error:
        logger.exception("%s cannot be rebuilt", what)
        told.failed.append(f"{what}: {type(error).__name__}: {error}")


def _kept(team: Team, record: PipelineRecord) -> str:
    name = f"{record.full_name} of team {team.name}"
    return f"{name} stays under its former key {record.key}: more than one pipeline had it"


def _and_lost(store: Store, team: Team, ids: Sequence[str], told: Told) -> Iterator[str]:
    """Those on the board, then those that lost their row and left a summary."""
    yield from ids
    dropped, lost = store.rebuilder.boards.sweep(team.id)
    told.dropped += dropped
    yield from lost


def _fold_or_revive(store: Store, team: Team, pipeline_id: str) -> Refolded | None:
    try:
        return store.rebuilder.refold(pipeline_id)
    except NotFound:
        if store.pipelines.find(pipeline_id) is not None or store.pipelines.find_row(team.id, pipeline_id) is None:
            # Taken over by another, or deleted, while this went on.
            return None
        if made := store.rebuilder.revive(team.id, pipeline_id):
            return made
        raise


def _fold_one(store: Store, pipeline_id: str, told: Told) -> None:
    record = store.pipelines.find(pipeline_id)
    if record is None:
        raise CommandError(f"There is no pipeline {pipeline_id!r}.")
    told.seen = 1
    made = store.rebuilder.refold(record.id)
    told.changed, told.facts = int(made.changed), made.facts
    told.renamed = int(store.rebuilder.rename(record.team_id))
