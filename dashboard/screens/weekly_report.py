"""A team's weekly report, read for its page and for mails."""

from __future__ import annotations

from dashboard.readmodels.weekly_report import WEEK, Week, WeeklyReport, build
from dashboard.screens.behind import read_behind
from storage.model.entities import Team
from storage.store import Store


def read_report(store: Store, team: Team, week: Week) -> WeeklyReport:
    behind = read_behind(store, team, WEEK)
    return build(team, behind.rows, behind.facts, behind.delivered(), week, behind.now)
