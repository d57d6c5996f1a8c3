"""The few mails there are. Whether one could be sent is told; why not is logged."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPException

from django.core.mail import send_mail

from storage.model.accounts import User

logger = logging.getLogger(__name__)
_letters = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")


def send_invitation(email: str, teams: str, who: str, link: str) -> bool:
    """`teams`: their names."""
    words = f"{who} invites you to {teams} on Big Transit.\n\nOpen this link to join, within a week:\n{link}\n"
    return _send(f"Join {teams} on Big Transit", words, email)


def send_reset(user: User, link: str) -> bool:
    words = (
        f"Open this link to choose a new password for Big Transit, within an hour:\n{link}\n\n"
        "If you did not ask for it, do nothing: your password stays as it is.\n"
    )
    return _send("Choose a new password for Big Transit", words, user.email)


def post_reset(user: User, link: str) -> None:
    """As `send_reset`, beside the request: how long an answer takes must not tell that somebody has the address."""
    _letters.submit(send_reset, user, link)


def _send(subject: str, words: str, to: str) -> bool:
    try:
        return bool(send_mail(" ".join(subject.split())[:120], words, None, [to]))
    except (SMTPException, OSError, ValueError) as error:
        logger.warning("a mail could not be sent: %s", type(error).__name__)
        return False
