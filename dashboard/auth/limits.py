"""How many of what opens doors may stand at once: fewer than a list shows, so that each can be seen and revoked, those
that are made at the same moment too."""

from __future__ import annotations

from collections.abc import Sized

MOST_TOKENS = 150
MOST_INVITATIONS = 150
MOST_SCREENS = 80


class TooMany(Exception):
    """As many as may be stand already."""


def check_room(standing: Sized, most: int, what: str, asked: int = 1) -> None:
    """Raises TooMany, with words for whoever asked for one more, or for as many."""
    if len(standing) + asked > most:
        raise TooMany(f"There are {len(standing)} {what} already. Revoke some first.")
