"""What happens when the server starts: the first administrator, the jobs, and what the operator is told."""

from __future__ import annotations

import logging
import os

from django.conf import settings
from django.template.loader import get_template

from dashboard.auth.addresses import is_believed
from dashboard.auth.forwarding import words_for
from dashboard.auth.passwords import create_user
from dashboard.auth.requests import ENVIRONMENT
from dashboard.auth.setup_code import setup_code
from dashboard.auth.tokens import create_token
from dashboard.jobs.registry import runner
from dashboard.store import get_store
from storage.errors import AlreadyExists, StorageError
from storage.store import Store

logger = logging.getLogger(__name__)


def create_first_administrator() -> bool:
    """From the environment, when nobody exists yet. Whether one was made. Raises ValidationError for an address that is
    none and a password that is too weak."""
    if not settings.ADMIN_EMAIL or not settings.ADMIN_PASSWORD or get_store().users.any_exists():
        return False
    try:
        user = create_user(settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD, ENVIRONMENT, first=True)
    except AlreadyExists:
        return False
    if settings.ADMIN_TOKEN:
        create_token(user, "from the environment", ENVIRONMENT, given=settings.ADMIN_TOKEN)
    return True


def needs_rebuild(store: Store) -> bool:
    """Whether a board has pipelines that pages over all teams or search lack, as an earlier version left them."""
    listed = store.teams.list_names()
    return any(
        any(not stored.row().hidden for stored in store.pipelines.list_board(board.team.id))
        for board in store.teams.list_boards()
        if not board.rows or board.team.id not in listed
    )


def start_jobs() -> None:
    """In this process, after the fork."""
    runner.start(get_store())


def stop_jobs() -> None:
    """Before the process ends."""
    runner.stop()


def warm() -> None:
    """Parse every template before the processes fork, so that no reader waits for it."""
    for folder in settings.TEMPLATES[0]["DIRS"]:
        for path in sorted(folder.rglob("*.html")):
            get_template(str(path.relative_to(folder)))


def announce(base_url: str) -> list[str]:
    """What the operator needs to know first."""
    lines = [f"Big Transit is at {base_url}"]
    if os.environ.get("FORWARDED_ALLOW_IPS"):
        lines.append("FORWARDED_ALLOW_IPS is passed over: BIGTRANSIT_TRUSTED_PROXIES says whom to believe.")
    try:
        seen = get_store().proxies.find_unbelieved()
        if seen is not None and not is_believed(seen.address):
            lines.append(words_for(seen.address, seen.header))
        if not get_store().users.any_exists():
            lines.append(f"Nobody can sign in yet. Open {base_url}/setup and enter this one-time code: {setup_code()}")
    except StorageError as error:
        lines.append(f"The store cannot be reached yet: {error}")
    finally:
        get_store().table.engine.close()
    return lines
