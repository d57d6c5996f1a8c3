"""Weekly reports by e-mail: to whom, when, and once."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from dashboard.auth.mails import MailServer
from dashboard.jobs import send_weekly_reports as job
from dashboard.jobs.send_weekly_reports import JOB, due_at
from dashboard.readmodels.weekly_report import Week, last_whole_week
from dashboard.screens.weekly_report import read_report
from storage.model.accounts import Role, User
from storage.model.entities import Team
from storage.model.report_readers import ReportReader
from storage.store import Store
from tests.dashboard.jobs.doing import do
from tests.dashboard.views.delivering import delivering_team
from tests.factories import BY, NOW, Clock, a_member, a_team, a_user

DAY = 86_400_000
WEEK = last_whole_week(NOW)
BEFORE = WEEK.first * DAY


@pytest.fixture(autouse=True)
def by_mail(settings: Any) -> Iterator[None]:
    settings.EMAIL_CONFIGURED = True
    yield
    job._sent = None


@pytest.fixture
def team(store: Store) -> Team:
    return delivering_team(store)


@pytest.fixture
def monday(store: Store, team: Team, clock: Clock) -> Clock:
    """A minute after the report of the week is due."""
    clock.now = due_at(WEEK) + 60_000
    return clock


def reads(store: Store, team: Team, user: User, since: int = BEFORE) -> User:
    assert store.report_readers.add(ReportReader(team.id, user.id, since), user.email, BY)
    return user


def actions(store: Store, team: Team) -> list[str]:
    return [one.action for one in store.audit.list_of_team(team.id).items if one.action.startswith("report.")]


@pytest.mark.usefixtures("monday")
def test_who_asked_for_it_gets_it_once(store: Store, team: Team, mailoutbox: list[Any]) -> None:
    user = reads(store, team, a_member(store, team, Role.VIEWER))
    a_member(store, team, Role.MEMBER)
    for _ in range(3):
        do(JOB, store)
        job._sent = None
    (letter,) = mailoutbox
    assert letter.to == [user.email]
    assert letter.subject == f"{team.name}, {WEEK.said}"
    assert sorted(actions(store, team)) == ["report.asked_for", "report.sent"]


@pytest.mark.usefixtures("monday")
def test_mail_has_text_and_html_with_the_same_week_and_a_way_out(
    store: Store, team: Team, mailoutbox: list[Any]
) -> None:
    reads(store, team, a_member(store, team, Role.VIEWER))
    do(JOB, store)
    (letter,) = mailoutbox
    (html,) = (body for body, kind in letter.alternatives if kind == "text/html")
    for body in (letter.body, html):
        assert WEEK.said in body
        assert f"/health/{team.slug}/report?week={WEEK.iso}" in body
        assert "/reports/unsubscribe/" in body
        assert "service-0" in body
    assert "<" not in letter.body.replace("&lt;", "")
    headers = letter.message()
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"].startswith("<http")
    assert headers["Auto-Submitted"] == "auto-generated"


def test_nothing_goes_out_before_monday_morning(store: Store, team: Team, clock: Clock, mailoutbox: list[Any]) -> None:
    reads(store, team, a_member(store, team, Role.VIEWER), since=due_at(WEEK) - 2 * DAY)
    clock.now = due_at(WEEK) - 1
    do(JOB, store)
    assert mailoutbox == []
    clock.now = due_at(WEEK)
    do(JOB, store)
    assert len(mailoutbox) == 1


@pytest.mark.usefixtures("monday")
def test_who_left_who_is_kept_out_and_who_nobody_vouches_for_get_nothing(
    store: Store, team: Team, mailoutbox: list[Any]
) -> None:
    left = reads(store, team, a_member(store, team, Role.MEMBER, "left@example.com"))
    store.members.set_role(left, team, None, BY)
    out = reads(store, team, a_member(store, team, Role.MEMBER, "out@example.com"))
    store.users.set_standing(out, BY, is_admin=False, is_active=False)
    claimed = a_user(store, "claimed@example.com", email_claimed=True)
    reads(store, team, store.members.set_role(claimed, team, Role.MEMBER, BY))
    reads(store, team, a_user(store, "passer-by@example.com"))
    do(JOB, store)
    assert mailoutbox == []


@pytest.mark.usefixtures("monday")
def test_who_asks_after_it_was_due_gets_the_next(store: Store, team: Team, clock: Clock, mailoutbox: list[Any]) -> None:
    reads(store, team, a_member(store, team, Role.MEMBER), since=store.now())
    do(JOB, store)
    assert mailoutbox == []
    clock.now = due_at(WEEK) + 7 * DAY
    do(JOB, store)
    assert len(mailoutbox) == 1


def test_server_without_mail_does_nothing(store: Store, team: Team, monday: Clock, settings: Any) -> None:
    settings.EMAIL_CONFIGURED = False
    reads(store, team, a_member(store, team, Role.MEMBER))
    do(JOB, store)
    assert actions(store, team) == ["report.asked_for"]


class Server(EmailBackend):
    """Fails as it is told to."""

    fails: Callable[[int], Exception | None] = staticmethod(lambda _: None)
    tried = 0

    def send_messages(self, messages: Any) -> int:
        Server.tried += 1
        if (error := Server.fails(Server.tried)) is not None:
            raise error
        return int(super().send_messages(messages))


@pytest.fixture
def server(settings: Any) -> Iterator[type[Server]]:
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    Server.tried = 0
    yield Server
    Server.fails = staticmethod(lambda _: None)


@pytest.mark.usefixtures("monday")
def test_crash_after_it_was_written_down_sends_it_no_second_time(
    store: Store, team: Team, server: type[Server], mailoutbox: list[Any]
) -> None:
    reads(store, team, a_member(store, team, Role.MEMBER, "one@example.com"))
    reads(store, team, a_member(store, team, Role.MEMBER, "two@example.com"))
    server.fails = staticmethod(lambda times: smtplib.SMTPServerDisconnected("gone") if times == 1 else None)
    do(JOB, store)
    assert mailoutbox == []
    do(JOB, store)
    do(JOB, store)
    assert len(mailoutbox) == 1
    assert actions(store, team).count("report.sent") == 2


@pytest.mark.usefixtures("monday")
def test_mail_that_is_refused_for_now_is_tried_again(
    store: Store, team: Team, server: type[Server], mailoutbox: list[Any]
) -> None:
    reads(store, team, a_member(store, team, Role.MEMBER, "one@example.com"))
    reads(store, team, a_member(store, team, Role.MEMBER, "two@example.com"))
    server.fails = staticmethod(lambda times: smtplib.SMTPDataError(451, b"later") if times == 1 else None)
    do(JOB, store)
    assert len(mailoutbox) == 1
    do(JOB, store)
    assert sorted(letter.to[0] for letter in mailoutbox) == ["one@example.com", "two@example.com"]
    assert "report.refused" in actions(store, team)


@pytest.mark.usefixtures("monday")
@pytest.mark.parametrize("error", [smtplib.SMTPRecipientsRefused({}), smtplib.SMTPDataError(554, b"no")])
def test_address_that_is_refused_keeps_no_other_waiting(
    store: Store, team: Team, server: type[Server], mailoutbox: list[Any], error: Exception
) -> None:
    reads(store, team, a_member(store, team, Role.MEMBER, "one@example.com"))
    reads(store, team, a_member(store, team, Role.MEMBER, "two@example.com"))
    server.fails = staticmethod(lambda times: error if times == 1 else None)
    for _ in range(2):
        do(JOB, store)
    assert len(mailoutbox) == 1


@pytest.mark.usefixtures("monday")
def test_server_that_does_not_answer_costs_nobody_their_report(
    store: Store, team: Team, server: type[Server], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads(store, team, a_member(store, team, Role.MEMBER))

    def closed(_: Server) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(server, "open", closed)
    do(JOB, store)
    assert actions(store, team) == ["report.asked_for"]
    monkeypatch.undo()
    mail.outbox.clear()
    settings.EMAIL_CONFIGURED = True
    do(JOB, store)
    assert len(mail.outbox) == 1


@pytest.mark.usefixtures("monday")
def test_two_processes_at_once_send_one(store: Store, team: Team, mailoutbox: list[Any]) -> None:
    user = reads(store, team, a_member(store, team, Role.MEMBER))
    (reader,) = store.report_readers.list_of_team(team.id)
    do(JOB, store)
    with MailServer() as server:
        job._send(store, server, reader, user, read_report(store, team, WEEK))
    assert len(mailoutbox) == 1


@pytest.mark.usefixtures("monday")
def test_report_is_read_once_a_team_and_not_where_nobody_wants_it(
    store: Store, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_team(store, "Quiet", "quiet")
    reads(store, team, a_member(store, team, Role.MEMBER, "one@example.com"))
    reads(store, team, a_member(store, team, Role.MEMBER, "two@example.com"))
    read: list[str] = []

    def watched(store: Store, team: Team, week: Week) -> Any:
        read.append(team.slug)
        return read_report(store, team, week)

    monkeypatch.setattr(job, "read_report", watched)
    do(JOB, store)
    assert read == [team.slug]
