"""The few mails there are. Whether one could be sent is told; why not is logged."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from types import TracebackType

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection, send_mail
from django.template.loader import render_to_string

from dashboard.auth.report_links import unsubscribe_url
from dashboard.readmodels.weekly_report import WeeklyReport
from storage.model.accounts import User

logger = logging.getLogger(__name__)
_letters = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")


class NotNow(Exception):
    """The mail server has not taken a mail, and may take it later."""


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


class MailServer:
    """One connection for many mails, opened before the first."""

    def __init__(self) -> None:
        self.connection = get_connection()

    def __enter__(self) -> MailServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def open(self) -> None:
        """Raises SMTPException or OSError where nobody answers; a second time changes nothing."""
        self.connection.open()


def send_report(server: MailServer, user: User, report: WeeklyReport) -> bool:
    """Whether it was taken. Raises NotNow, and what a connection that broke raises: whether it was taken then is not
    known."""
    link = unsubscribe_url(report.team.id, user.id)
    context = {"report": report, "base": settings.BASE_URL, "unsubscribe": link}
    letter = EmailMultiAlternatives(
        _line(f"{report.team.name}, {report.week.said}"),
        render_to_string("health/report_mail.txt", context),
        None,
        [user.email],
        connection=server.connection,
        # One click in the reader's mail program ends it (RFC 8058); nobody answers it by a machine (RFC 3834).
        headers={
            "List-Unsubscribe": f"<{link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )
    letter.attach_alternative(render_to_string("health/report_mail.html", context), "text/html")
    try:
        return bool(letter.send())
    except (SMTPRecipientsRefused, ValueError) as error:
        logger.warning("a weekly report could not be sent: %s", type(error).__name__)
        return False
    except SMTPResponseException as error:
        if 400 <= error.smtp_code < 500:
            raise NotNow(f"the mail server says {error.smtp_code}") from error
        logger.warning("a weekly report was refused: %s", error.smtp_code)
        return False


def _send(subject: str, words: str, to: str) -> bool:
    try:
        return bool(send_mail(_line(subject), words, None, [to]))
    except (SMTPException, OSError, ValueError) as error:
        logger.warning("a mail could not be sent: %s", type(error).__name__)
        return False


def _line(subject: str) -> str:
    return " ".join(subject.split())[:120]
