"""The weekly report of a team, as a page."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as own
from django.core import signing
from django.test import Client

from dashboard.auth.report_links import unsubscribe_url
from dashboard.readmodels.weekly_report import last_whole_week
from storage.model.accounts import Role, User
from storage.model.entities import Team
from storage.model.report_readers import ReportReader
from storage.store import Store
from tests.dashboard.views.delivering import delivering_team
from tests.dashboard.visiting import Visitor
from tests.factories import BY, NOW, a_member, a_user


@pytest.fixture
def team(store: Store) -> Team:
    return delivering_team(store)


def test_last_whole_week_is_told_where_none_is_asked_for(visitor: Visitor, team: Team) -> None:
    week = last_whole_week(NOW)
    text = visitor.text(f"/health/{team.slug}/report")
    assert f"{team.name}, {week.said}" in text
    assert text == visitor.text(f"/health/{team.slug}/report?week={week.iso}")
    for heading in ("Measures", "What changed", "Red", "Stages", "What waits", "Deployments"):
        assert f">{heading}</h2>" in text


def test_week_before_leads_back(visitor: Visitor, team: Team) -> None:
    week = last_whole_week(NOW)
    text = visitor.text(f"/health/{team.slug}/report")
    assert "Week after" not in text
    before = text.partition('href="?week=')[2].partition('"')[0]
    assert f'href="?week={week.iso}"' in visitor.text(f"/health/{team.slug}/report?week={before}")


@pytest.mark.parametrize("week", ["2026-W99", "last", "1999-W01", "2099-W01"])
def test_week_that_there_is_not_is_not_found(visitor: Visitor, team: Team, week: str) -> None:
    assert visitor.get(f"/health/{team.slug}/report?week={week}").status_code == 404


def test_health_and_charts_lead_to_it(visitor: Visitor, team: Team) -> None:
    for path in (f"/health/{team.slug}", f"/health/{team.slug}/charts"):
        assert f'href="/health/{team.slug}/report"' in visitor.text(path)


def wanted(visitor: Visitor, team: Team, said: str) -> int:
    return int(visitor.post(f"/health/{team.slug}/report/mail", {"wanted": said}).status_code)


def test_person_asks_for_the_mail_and_ends_it(store: Store, team: Team, settings: Any) -> None:
    settings.EMAIL_CONFIGURED = True
    user = a_member(store, team, Role.VIEWER)
    visitor = Visitor(store, user)
    page = f"/health/{team.slug}/report"
    assert "Mail it to me on Mondays" in visitor.text(page)
    assert wanted(visitor, team, "yes") == wanted(visitor, team, "yes") == 303
    assert [each.user_id for each in store.report_readers.list_of_team(team.id)] == [user.id]
    assert "Stop mailing it to me" in visitor.text(page)
    assert wanted(visitor, team, "no") == wanted(visitor, team, "no") == 303
    assert store.report_readers.list_of_team(team.id) == []


def test_mail_is_offered_to_its_own_people_where_there_is_a_mail_server(
    store: Store, team: Team, settings: Any
) -> None:
    page = f"/health/{team.slug}/report"
    member = Visitor(store, a_member(store, team, Role.MEMBER))
    assert "on Mondays" not in member.text(page)
    settings.EMAIL_CONFIGURED = True
    passer_by = Visitor(store, a_user(store, "by@example.com"))
    assert "on Mondays" not in passer_by.text(page)
    assert wanted(passer_by, team, "yes") == 403
    claimed = store.members.set_role(a_user(store, "c@example.com", email_claimed=True), team, Role.MEMBER, BY)
    assert wanted(Visitor(store, claimed), team, "yes") == 403


def a_link(store: Store, team: Team, user: User) -> str:
    store.report_readers.add(ReportReader(team.id, user.id, NOW), user.email, BY)
    return unsubscribe_url(team.id, user.id).removeprefix(own.BASE_URL)


def test_link_ends_it_without_signing_in_by_post_alone(store: Store, team: Team, stranger: Visitor) -> None:
    user = a_member(store, team, Role.MEMBER)
    link = a_link(store, team, user)
    assert "Do not send it to me any more" in stranger.text(link)
    assert store.report_readers.find(team.id, user.id) is not None
    mail_program = Client(enforce_csrf_checks=True)
    answer = mail_program.post(link, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "It is not sent to you any more" in answer.content.decode()
    assert store.report_readers.find(team.id, user.id) is None
    assert mail_program.post(link).status_code == 200
    (entry,) = [one for one in store.audit.list_of_team(team.id).items if one.action == "report.ended"]
    assert (entry.who, entry.target) == ("the link in a mail", user.email)


def test_link_of_another_kind_or_cut_off_ends_nothing(store: Store, team: Team) -> None:
    user = a_member(store, team, Role.MEMBER)
    link = a_link(store, team, user)
    forged = signing.dumps([team.id, user.id], salt="another")
    for token in (link.rpartition("/")[2][:-2], forged, "x"):
        assert Client().post(f"/reports/unsubscribe/{token}").status_code == 404
    assert store.report_readers.find(team.id, user.id) is not None
    answers = [Client().get("/reports/unsubscribe/x").status_code for _ in range(20)]
    assert answers[-1] == 429
