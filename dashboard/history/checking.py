"""Whether a connection is let in to its tool's API, found out by asking for the least of what its history takes: a page
of projects, and a page of the runs of one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.conf import settings

from dashboard.history.reader import HistoryReader, ProjectsPage
from dashboard.history.registry import READERS, reader_of
from dashboard.sources import SOURCES
from dashboard.tool_apis.errors import ApiError, NothingThere, NotPermitted, OverQuota, TokenRefused
from dashboard.tool_apis.offers import OFFERS
from dashboard.webhooks.api_access import UNREADABLE, Checked, check_credentials
from dashboard.webhooks.github_app import look_at
from storage.model.backfill import Project
from storage.model.entities import ApiQuota, Connection
from storage.store import Store

DAY_MS = 86_400_000


def check(store: Store, connection: Connection) -> Checked:
    """Ask the tool now. What remains of its quota is noted where its reader hears of it."""
    if connection.source not in READERS or not (OFFERS[connection.source].takes_token or connection.api.is_let_in):
        return check_credentials(store, connection)
    ask = _check_app if connection.api.app.id else _check_reading
    return _in_words(connection, lambda: ask(store, connection))


def _in_words(connection: Connection, ask: Callable[[], Checked]) -> Checked:
    try:
        return ask()
    except OverQuota:
        label = SOURCES[connection.source].label
        return Checked(works=False, words=f"{label} takes no more calls for now: its quota is used up.")
    except ApiError as error:
        return Checked(works=False, words=f"{error}.")


def _check_app(store: Store, connection: Connection) -> Checked:
    """Of an App also what is wrong with itself, and where it is installed."""
    seen = look_at(store, connection)
    if seen.wrong:
        return Checked(works=False, words=f"{seen.wrong}.", installations=seen.installations)
    checked = _in_words(connection, lambda: _check_reading(store, connection))
    return replace(checked, installations=seen.installations)


def _check_reading(store: Store, connection: Connection) -> Checked:
    """Raises ApiError."""
    reader = reader_of(store, connection)
    if reader is None:
        raise TokenRefused(UNREADABLE if connection.api.token else "There is no token yet")
    return _tried(reader, SOURCES[connection.source].label, store.now() - settings.BACKFILL_DAYS * DAY_MS)


def _tried(reader: HistoryReader, label: str, since: int) -> Checked:
    """Raises ApiError."""
    page = reader.projects("")
    if not page.projects:
        return Checked(works=False, words=f"{label} accepts what is saved, and shows no project: it may read none.")
    first = max(page.projects, key=lambda one: one.active_at or 0)
    accepted = f"{label} accepts what is saved and shows {_counted(page)}"
    try:
        reader.runs(Project(first.id, told=first.told), since, "")
    except (NothingThere, NotPermitted) as error:
        return Checked(works=False, words=f"{accepted}, but not the runs of {first.id}. {error}.")
    return Checked(works=True, words=f"{accepted}; the runs of {first.id} can be read; {_left(reader.quota)}.")


def _counted(page: ProjectsPage) -> str:
    """The further pages are not asked for."""
    count = len(page.projects)
    return f"{count}{' or more' if page.next else ''} project{'s' if count > 1 or page.next else ''}"


def _left(quota: ApiQuota | None) -> str:
    return f"{quota.remaining} of {quota.limit} calls remain" if quota else "it tells no limit to calls"
