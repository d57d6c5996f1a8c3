"""Slows down guessing. Tries are counted in the store, before anything is hashed, so that neither many processes nor
many tries at once help."""

from __future__ import annotations

from dashboard.store import get_store
from storage.throttles import Limit

WINDOW_SECONDS = 900
PER_EMAIL, PER_ADDRESS, TOKENS_PER_ADDRESS, MAILS_PER_ADDRESS, MAILS_PER_EMAIL = 10, 20, 60, 5, 3


def _email(email: str) -> Limit:
    return Limit("sign-in-email", email.strip().lower(), PER_EMAIL, WINDOW_SECONDS)


def _address(address: str) -> Limit:
    return Limit("sign-in-address", address, PER_ADDRESS, WINDOW_SECONDS)


def try_sign_in(email: str, address: str) -> int:
    """Counts a try. Seconds to wait where there were too many, 0 where this one may go on."""
    return get_store().throttles.take([_email(email), _address(address)])


def signed_in(email: str, address: str) -> None:
    """The try was a good one and does not count. Those before it do: a guesser may own an account, too."""
    get_store().throttles.release([_email(email), _address(address)])


def bad_token(address: str) -> int:
    """Counts an API token nobody has. Seconds to wait where there were too many."""
    return get_store().throttles.take([Limit("token-address", address, TOKENS_PER_ADDRESS, WINDOW_SECONDS)])


def try_link(address: str) -> int:
    """Counts a link nobody was given: an invitation, a password reset. Seconds to wait where there were too many."""
    return get_store().throttles.take([Limit("link-address", address, PER_ADDRESS, WINDOW_SECONDS)])


def try_mail(email: str, address: str) -> int:
    """Counts a mail asked for by somebody who is not signed in. Seconds to wait where there were too many, from here or
    to there."""
    to = Limit("mail-email", email.strip().lower(), MAILS_PER_EMAIL, WINDOW_SECONDS)
    return get_store().throttles.take([to, Limit("mail-address", address, MAILS_PER_ADDRESS, WINDOW_SECONDS)])
