"""Last week's report of each team goes to those of its people who asked for it, on Mondays from 06:00 UTC on.

At most once: who gets it is written down, with a condition, before the mail is handed over; so of several processes one
sends it, and after a crash between the two a mail is missing rather than sent twice. What the mail server refuses for
now is given back and tried again.
"""

from __future__ import annotations

import logging

from django.conf import settings

from dashboard.auth.mails import MailServer, NotNow, send_report
from dashboard.auth.report_links import may_have_report
from dashboard.jobs.job import Job, Run
from dashboard.readmodels.weekly_report import Week, WeeklyReport, last_whole_week
from dashboard.screens.weekly_report import read_report
from storage.model.accounts import Actor, User
from storage.model.document import replace
from storage.model.entities import Team
from storage.model.facts import DAY_MS
from storage.model.report_readers import ReportReader
from storage.store import Store

logger = logging.getLogger(__name__)

HOUR_MS, DUE_HOUR = 3_600_000, 6
# After each mail: no more than five a second.
REST_SECONDS = 0.2
BY = Actor("", "weekly report")
# The store and the week of which this process knows that all is sent.
_sent: tuple[Store, Week] | None = None


def due_at(week: Week) -> int:
    """Milliseconds."""
    return (week.last + 1) * DAY_MS + DUE_HOUR * HOUR_MS


def is_needed(store: Store) -> bool:
    week, now = last_whole_week(store.now()), store.now()
    return settings.EMAIL_CONFIGURED and now >= due_at(week) and _sent != (store, week)


def send_weekly_reports(run: Run) -> None:
    global _sent
    week, whole = last_whole_week(run.store.now()), True
    with MailServer() as server:
        for entry in run.store.teams.list_all():
            whole = _send_team(run, server, entry.team, week) and whole
            if not run.goes_on():
                return
    if whole:
        _sent = run.store, week


def _send_team(run: Run, server: MailServer, team: Team, week: Week) -> bool:
    """Whether nothing is left of it. Who asked after it was due gets the next."""
    store = run.store
    readers = [
        each
        for each in store.report_readers.list_of_team(team.id)
        if each.week < week.iso and each.since < due_at(week)
    ]
    users = store.users.find_all([reader.user_id for reader in readers]) if readers else {}
    report: WeeklyReport | None = None
    whole = True
    for reader in readers:
        user = users.get(reader.user_id)
        if user is None or not may_have_report(user, team):
            continue
        report = report or read_report(store, team, week)
        whole = _send(store, server, reader, user, report) and whole
        if not run.rest(REST_SECONDS):
            return False
    return whole


def _send(store: Store, server: MailServer, reader: ReportReader, user: User, report: WeeklyReport) -> bool:
    """Whether it is done with, sent or not."""
    server.open()
    after = replace(reader, week=report.week.iso, version=reader.version + 1)
    if not store.report_readers.replace(reader, after, "report.sent", user.email, BY):
        return True
    try:
        send_report(server, user, report)
    except NotNow as refused:
        logger.warning("a weekly report waits: %s", refused)
        given_back = replace(reader, version=after.version + 1)
        store.report_readers.replace(after, given_back, "report.refused", user.email, BY)
        return False
    return True


JOB = Job(
    name="send-weekly-reports",
    title="Mail weekly reports on Mondays",
    work=send_weekly_reports,
    period_seconds=600.0,
    lease_seconds=120.0,
    needed=is_needed,
)
