"""Read a tool's past for a connection, and wait until it is read."""

from __future__ import annotations

import re
import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.history.registry import READERS
from dashboard.history.working import begin, work_on
from dashboard.management.bar import Bar
from dashboard.readmodels.backfills import progress_of
from dashboard.store import get_store
from storage.errors import Conflict, StorageError
from storage.keys import is_id
from storage.model.accounts import Actor
from storage.model.backfill import Backfill, BackfillState
from storage.model.entities import Connection
from storage.store import Store

DAY_MS = 86_400_000
PAUSE_SECONDS = 1.0
COMMAND = Actor("", "manage.py backfill")
_DAYS = re.compile(r"([0-9]{1,4})d?")


class Command(BaseCommand):
    help = (
        "Read what a connection's tool remembers of its runs, newest first. Safe to stop and to run again: it goes on"
        " where it was. The server does the same by itself once a connection is let in to its tool's API."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("connection", help="the connection's id, the last part of its webhook URL")
        parser.add_argument(
            "--since", default="", metavar="DAYS|DATE", help="so many days, or from a date such as 2026-09-01"
        )
        parser.add_argument("--only", default="", metavar="PATTERNS", help='such as "acme/shop-* acme/api"')
        parser.add_argument("--again", action="store_true", help="from the beginning, where it was read before")

    def handle(self, *args: Any, **options: Any) -> None:
        store = get_store()
        try:
            connection = _connection(store, options["connection"])
            begun = self._begun(store, connection, options)
            ended = _follow(store, begun, Bar(self.stderr))
        except StorageError as error:
            raise CommandError(f"{type(error).__name__}: {error}. Run it again: what was read stays.") from error
        self._tell(ended)

    def _begun(self, store: Store, connection: Connection, options: dict[str, Any]) -> Backfill:
        """What is being read goes on, unless something else is asked for."""
        found = store.backfills.find(connection.id)
        asked = options["since"] or options["only"] or options["again"]
        if found is not None and found.state.works and not asked:
            return found
        return begin(store, connection, COMMAND, since=_since(store, options["since"]), only=options["only"])

    def _tell(self, ended: Backfill) -> None:
        told = progress_of(ended)
        self.stdout.write(f"{told.words}: {told.counts}.")
        if ended.state is BackfillState.STOPPED:
            raise CommandError(ended.problem or "Somebody stopped it.")


def _follow(store: Store, backfill: Backfill, bar: Bar) -> Backfill:
    """Until it ends: read on, or watch who does."""
    while backfill.state.works:
        told = progress_of(backfill)
        bar.show(told.done, told.total, told.words)
        wait = backfill.resumes_at - store.now()
        if wait > 0 or not _worked(store, backfill):
            time.sleep(min(PAUSE_SECONDS, max(wait / 1000, 0.1)))
        backfill = store.backfills.find(backfill.connection_id) or backfill
    bar.end()
    return backfill


def _worked(store: Store, backfill: Backfill) -> bool:
    until = time.monotonic() + PAUSE_SECONDS
    try:
        return work_on(store, backfill, lambda: time.monotonic() < until)
    except Conflict:
        return False


def _connection(store: Store, connection_id: str) -> Connection:
    found = store.connections.find(connection_id) if is_id(connection_id) else None
    if found is None:
        raise CommandError(f"There is no connection {connection_id!r}.")
    if found.source not in READERS:
        raise CommandError(f"The history of {found.source} cannot be read: it keeps none, or tells none.")
    return found


def _since(store: Store, told: str) -> int | None:
    """Milliseconds. Raises CommandError."""
    if not told:
        return None
    if days := _DAYS.fullmatch(told):
        return store.now() - int(days[1]) * DAY_MS
    try:
        at = datetime.fromisoformat(told)
    except ValueError as error:
        raise CommandError("Give --since as days, such as 90, or as a date, such as 2026-09-01.") from error
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
