"""Slows down guessing. Tries are counted in the store, before anything is hashed, so that neither many processes nor
many tries at once help.

Tries at an account are counted by where they come from, so that strangers who guess lock nobody out but themselves.
Many places together are slowed down for the account as well, but not in browsers that it was signed in to before.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from dashboard.auth.refusals import refusals
from dashboard.store import get_store
from storage.repositories.throttles import Limit

WINDOW_SECONDS = 900
PER_EMAIL, PER_EMAIL_ANYWHERE, PER_ADDRESS, PER_BROWSER = 10, 100, 20, 10
# Three codes of a million are right at a time: so few from all places together.
CODES_ANYWHERE = 30
TOKENS_PER_ADDRESS, MAILS_PER_ADDRESS, MAILS_PER_EMAIL = 60, 5, 3


def _place(name: str, address: str, most: int) -> Limit:
    """Of where somebody is: with IPv6 a network of 64 bits, which is what one subscriber has at least."""
    try:
        known = ip_address(address)
    except ValueError:
        return Limit(name, address, most, WINDOW_SECONDS)
    wide = str(ip_network((known, 64), strict=False)) if isinstance(known, IPv6Address) else address
    return Limit(name, wide, most, WINDOW_SECONDS)


def _sign_in(email: str, address: str, browser: str) -> list[Limit]:
    """`browser`: its id where the account was signed in to there before."""
    account = email.strip().lower()
    if browser:
        return [Limit("sign-in-browser", f"{browser}\x1f{account}", PER_BROWSER, WINDOW_SECONDS)]
    place = _place("sign-in-address", address, PER_ADDRESS)
    return [
        Limit("sign-in-email", f"{place.subject}\x1f{account}", PER_EMAIL, WINDOW_SECONDS),
        Limit("sign-in-anywhere", account, PER_EMAIL_ANYWHERE, WINDOW_SECONDS),
        place,
    ]


def _take(what: str, limits: list[Limit], address: str) -> int:
    wait = get_store().throttles.take(limits)
    if wait:
        refusals.note(f"too many tries at {what}", address)
    return wait


def try_sign_in(email: str, address: str, browser: str = "") -> int:
    """Counts a try. Seconds to wait where there were too many, 0 where this one may go on."""
    return _take("signing in", _sign_in(email, address, browser), address)


def signed_in(email: str, address: str, browser: str = "") -> None:
    """The try was a good one and does not count. Those before it do: a guesser may own an account, too."""
    get_store().throttles.release(_sign_in(email, address, browser))


def _second_step(email: str, address: str, browser: str) -> list[Limit]:
    """Only who knows the password comes so far. A known browser has tries of its own, as at the first step."""
    account = email.strip().lower()
    if browser:
        return [Limit("factor-browser", f"{browser}\x1f{account}", PER_BROWSER, WINDOW_SECONDS)]
    place = _place("factor-address", address, PER_EMAIL)
    return [
        Limit("factor-email", f"{place.subject}\x1f{account}", PER_EMAIL, WINDOW_SECONDS),
        Limit("factor-anywhere", account, CODES_ANYWHERE, WINDOW_SECONDS),
    ]


def try_code(email: str, address: str, browser: str = "") -> int:
    """Counts a code at the second step. Seconds to wait where there were too many, 0 where this one may go on."""
    return _take("the second step", _second_step(email, address, browser), address)


def code_was_right(email: str, address: str, browser: str = "") -> None:
    get_store().throttles.release(_second_step(email, address, browser))


def try_setup(address: str) -> int:
    """Counts a code for the first administrator. Seconds to wait where there were too many."""
    return _take("setup", [_place("setup-address", address, PER_EMAIL)], address)


def bad_token(address: str) -> int:
    """Counts an API token nobody has. Seconds to wait where there were too many."""
    refusals.note("an API token that nobody has", address)
    return _take("API tokens", [_place("token-address", address, TOKENS_PER_ADDRESS)], address)


def bad_passkey(address: str) -> int:
    """Counts a passkey that was not known or did not answer rightly. Seconds to wait where there were too many."""
    return _take("passkeys", [_place("passkey-address", address, PER_ADDRESS)], address)


def try_link(address: str) -> int:
    """Counts a link nobody was given: an invitation, a password reset. Seconds to wait where there were too many."""
    refusals.note("a link that opens nothing", address)
    return _take("links", [_place("link-address", address, PER_ADDRESS)], address)


def try_mail(email: str, address: str) -> int:
    """Counts a mail asked for by somebody who is not signed in. Seconds to wait where there were too many, from here or
    to there."""
    to = Limit("mail-email", email.strip().lower(), MAILS_PER_EMAIL, WINDOW_SECONDS)
    return _take("mails", [to, _place("mail-address", address, MAILS_PER_ADDRESS)], address)
