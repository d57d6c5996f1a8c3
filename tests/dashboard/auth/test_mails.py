"""The mails that links go out with."""

from __future__ import annotations

import logging
import re
import smtplib
from collections.abc import Callable
from queue import Queue
from threading import Event
from typing import Any

import pytest
from django.conf import settings as own

from dashboard.auth import mails, throttle
from storage.store import Store
from tests.dashboard.auth.test_links import NEW, NEWCOMER, ONCE, nobody
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import Clock, a_team, a_user


class AtOnce:
    """Mails that would go out beside the request go out in it."""

    def submit(self, work: Callable[..., object], *of: object) -> None:
        work(*of)


@pytest.fixture
def by_mail(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EMAIL_CONFIGURED = True
    monkeypatch.setattr(mails, "_letters", AtOnce())


@pytest.mark.usefixtures("by_mail")
def test_link_comes_by_mail_to_whoever_asks_for_their_own(store: Store, mailoutbox: list[Any]) -> None:
    user = a_user(store)
    answer = nobody(store).post("/reset", {"email": " MARA@example.com "})
    assert answer.status_code == 200
    (mail,) = mailoutbox
    assert (mail.to, mail.from_email) == ([user.email], own.DEFAULT_FROM_EMAIL)
    (link,) = re.findall(rf"{own.BASE_URL}(/reset/\S+)", mail.body)
    assert link not in text_of(answer)
    assert nobody(store).post(link, {"password": NEW}).status_code == 303


@pytest.mark.usefixtures("by_mail")
def test_answer_does_not_tell_who_is_here(store: Store, mailoutbox: list[Any]) -> None:
    a_user(store)
    a_user(store, "gone@example.com", is_active=False)
    emails = ("mara@example.com", "gone@example.com", "nobody@example.com")
    answers = {text_of(nobody(store).post("/reset", {"email": email})) for email in emails}
    assert len(answers) == 1
    assert [mail.to for mail in mailoutbox] == [["mara@example.com"]]


def test_nothing_is_sent_where_no_mail_is_set_up(store: Store, mailoutbox: list[Any]) -> None:
    a_user(store)
    assert "This server sends no mail" in text_of(nobody(store).post("/reset", {"email": "mara@example.com"}))
    assert mailoutbox == []


def test_answer_does_not_wait_for_the_mail_server(store: Store, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EMAIL_CONFIGURED = True
    answered, sent = Event(), Queue[bool]()
    monkeypatch.setattr(mails, "send_mail", lambda *_: sent.put(answered.wait(10)))
    user = a_user(store)
    assert nobody(store).post("/reset", {"email": user.email}).status_code == 200
    answered.set()
    assert sent.get(timeout=10)


@pytest.mark.usefixtures("by_mail")
@pytest.mark.parametrize("known", [True, False])
def test_mails_to_one_person_cannot_be_asked_for_without_end(
    store: Store, mailoutbox: list[Any], clock: Clock, known: bool
) -> None:
    email = a_user(store).email if known else "nobody@example.com"
    visitors = [nobody(store) for _ in range(throttle.MAILS_PER_EMAIL + 1)]
    for number, visitor in enumerate(visitors):
        visitor.client.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"
    statuses = [visitor.post("/reset", {"email": email}).status_code for visitor in visitors]
    assert statuses == [200] * throttle.MAILS_PER_EMAIL + [429]
    assert len(mailoutbox) == (throttle.MAILS_PER_EMAIL if known else 0)
    clock.move((throttle.WINDOW_SECONDS + 1) * 1000)
    assert visitors[0].post("/reset", {"email": email}).status_code == 200


@pytest.mark.usefixtures("by_mail")
def test_mails_cannot_be_asked_for_without_end_from_one_place(store: Store) -> None:
    asked = [f"{number}@example.com" for number in range(throttle.MAILS_PER_ADDRESS + 1)]
    answers = [nobody(store).post("/reset", {"email": email}) for email in asked]
    assert [answer.status_code for answer in answers] == [200] * throttle.MAILS_PER_ADDRESS + [429]
    assert int(answers[-1]["Retry-After"]) > 0


@pytest.mark.usefixtures("by_mail")
def test_invitation_and_first_password_go_out_by_mail(visitor: Visitor, store: Store, mailoutbox: list[Any]) -> None:
    team = a_team(store, "Payments\r\nBcc: evil@example.com", "payments")
    invited = visitor.post(f"/manage/teams/{team.id}/members", {"email": "cleo@example.com", "role": "member"})
    made = visitor.post("/manage/people", {"email": "dora@example.com", "name": "Dora"})
    assert [mail.to for mail in mailoutbox] == [["cleo@example.com"], ["dora@example.com"]]
    for answer, mail in zip((invited, made), mailoutbox, strict=True):
        assert ONCE.findall(text_of(answer))[0] in mail.body
        assert f"It was sent to {mail.to[0]}" in text_of(answer)
        assert "\n" not in mail.subject
        assert mail.message()["Bcc"] is None
    visitor.post(f"/manage/teams/{team.id}/members", {"email": "", "role": "member"})
    assert len(mailoutbox) == 2


@pytest.mark.usefixtures("by_mail")
@pytest.mark.parametrize("error", [smtplib.SMTPException("no"), ConnectionRefusedError("no"), TimeoutError("no")])
def test_mail_that_fails_is_logged_and_answered_the_same(
    visitor: Visitor, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    team, user = a_team(store), a_user(store)
    right = text_of(nobody(store).post("/reset", {"email": user.email}))

    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr("dashboard.auth.mails.send_mail", fail)
    caplog.set_level(logging.WARNING)
    assert text_of(nobody(store).post("/reset", {"email": user.email})) == right
    invited = visitor.post(f"/manage/teams/{team.id}/members", {"email": "cleo@example.com", "role": "member"})
    assert (invited.status_code, "no mail was sent" in text_of(invited)) == (200, True)
    (link,) = ONCE.findall(text_of(invited))
    assert nobody(store).post(link.removeprefix(own.BASE_URL), NEWCOMER).status_code == 303
    told = [record.getMessage() for record in caplog.records if record.name == "dashboard.auth.mails"]
    assert told == [f"a mail could not be sent: {type(error).__name__}"] * 2
