"""Signing in by a proxy's headers, and nobody else's."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from django.conf import settings as own
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.test import RequestFactory

from dashboard.auth import proxy
from dashboard.auth.identities import Claims, Refused
from dashboard.auth.links import invite
from dashboard.auth.proxy import is_of_proxy, proxy_claims, sign_in_by_proxy
from storage.errors import Unavailable
from storage.model.accounts import Role
from storage.store import Store
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, a_team, administrator

PROXY, STRANGER = "10.0.0.1", "203.0.113.5"
ISSUER = "proxy:X-Forwarded-User"


@pytest.fixture(autouse=True)
def _proxy(settings) -> None:
    settings.TRUSTED_PROXIES = (ip_network("10.0.0.0/8"),)
    settings.PROXY_USER_HEADER, settings.PROXY_EMAIL_HEADER = "X-Forwarded-User", "X-Forwarded-Email"
    settings.PROXY_NAME_HEADER, settings.PROXY_GROUPS_HEADER = "X-Forwarded-Name", "X-Forwarded-Groups"


def asked(path: str = "/", peer: str = PROXY, method: str = "get", **headers: str) -> HttpRequest:
    said = {f"X-Forwarded-{name}": value for name, value in headers.items()}
    made: HttpRequest = getattr(RequestFactory(), method)(path, headers=said, REMOTE_ADDR=peer)
    return made


def test_proxy_says_who_somebody_is() -> None:
    request = asked(User=" ada ", Email="ada@x.io", Name="Ada Lovelace", Groups="payments-devs, ,platform-admins")
    groups = frozenset({"payments-devs", "platform-admins"})
    assert proxy_claims(request) == Claims(ISSUER, "ada", "ada@x.io", "Ada Lovelace", groups, "proxy")
    assert proxy_claims(asked(User="ada@x.io")) == Claims(ISSUER, "ada@x.io", "ada@x.io", "ada@x.io", provider="proxy")
    assert proxy_claims(asked(User="ada")) == Claims(ISSUER, "ada", "", "ada", provider="proxy")


def test_names_in_utf_8_and_in_latin_1_are_read(settings) -> None:
    name = "Åsa Ödegård"
    for raw in (name.encode().decode("latin-1"), name):
        claims = proxy_claims(asked(User="asa", Name=raw))
        assert claims is not None
        assert claims.name == name


@pytest.mark.parametrize("peer", [STRANGER, "127.0.0.1", "", "::1"])
def test_headers_of_anybody_else_are_ignored(peer: str) -> None:
    request = asked(peer=peer, User="ada", For="10.0.0.1")
    assert proxy_claims(request) is None
    assert sign_in_by_proxy(request) is None
    assert is_of_proxy(request)


@pytest.mark.parametrize("subject", ["", " ", "x" * 201, "a\x00b", "a\x7f", "a\nb"])
def test_subject_that_cannot_be_one_names_nobody(subject: str) -> None:
    assert proxy_claims(asked(User=subject)) is None


def test_nothing_is_believed_while_it_is_off(settings) -> None:
    settings.PROXY_USER_HEADER = ""
    assert proxy_claims(asked(User="ada", Email="ada@x.io")) is None
    settings.PROXY_USER_HEADER, settings.TRUSTED_PROXIES = "X-Forwarded-User", ()
    assert proxy_claims(asked(User="ada")) is None


# Letting in


def cookies_of(answer: Any) -> dict[str, str]:
    return {name: morsel.value for name, morsel in answer.cookies.items()}


def test_somebody_is_let_in_and_sent_where_they_were_going(store: Store) -> None:
    administrator(store)
    answer = sign_in_by_proxy(asked("/health?days=7", User="ada"))
    assert answer is not None
    assert (answer.status_code, answer["Location"]) == (302, "/health?days=7")
    visitor = Visitor(store, None)
    visitor.client.cookies[own.SESSION_COOKIE] = cookies_of(answer)[own.SESSION_COOKIE]
    assert "ada" in visitor.text("/logout")
    kept = answer.cookies[own.PROXY_COOKIE]
    assert kept["httponly"]
    assert (kept["samesite"], kept["path"]) == ("Lax", "/")


def test_form_of_somebody_without_a_session_is_not_sent_again(store: Store) -> None:
    administrator(store)
    answer = sign_in_by_proxy(asked("/manage/tokens", method="post", User="ada"))
    assert answer is not None
    assert answer["Location"] == "/"


def test_path_of_two_slashes_leads_to_no_other_host(store: Store) -> None:
    administrator(store)
    request = asked(User="ada")
    request.path = "//evil.example/"
    answer = sign_in_by_proxy(request)
    assert answer is not None
    assert answer["Location"] == "/%2Fevil.example/"


def test_session_belongs_to_the_person_the_proxy_named(store: Store) -> None:
    administrator(store)
    answer = sign_in_by_proxy(asked(User="ada"))
    ada = asked(User="ada")
    ada.COOKIES = cookies_of(answer)
    assert is_of_proxy(ada)
    bob = asked(User="bob")
    bob.COOKIES = cookies_of(answer)
    assert not is_of_proxy(bob)
    nobody = asked()
    nobody.COOKIES = cookies_of(answer)
    assert is_of_proxy(nobody)
    bob.COOKIES = cookies_of(sign_in_by_proxy(asked(User="bob")))
    assert is_of_proxy(bob)


def test_invitation_is_taken_by_the_person_the_proxy_names_now(store: Store) -> None:
    administrator(store)
    team = a_team(store, is_open=False)
    path = invite(team, Role.MEMBER, "", BY).partition("://")[2].partition("/")[2]
    for number, name in enumerate(("ada", "bob")):
        visitor = Visitor(store, None)
        visitor.client.defaults["REMOTE_ADDR"] = PROXY
        if number:
            for key, value in cookies_of(sign_in_by_proxy(asked(User="ada"))).items():
                visitor.client.cookies[key] = value
        answer = visitor.get(f"/{path}", **{"X-Forwarded-User": name})
        assert (answer.status_code, answer["Location"]) == (302, f"/{path}")
        assert f"signed in as {name}" in text_of(visitor.get(f"/{path}", **{"X-Forwarded-User": name}))
    assert visitor.post(f"/{path}", {}, **{"X-Forwarded-User": "bob"}).status_code == 303
    assert [member.name for member in store.members.list_of_team(team.id)] == ["bob"]


@pytest.mark.parametrize("mark", ["", "é", "0" * 64])
def test_mark_cannot_be_made_up(store: Store, mark: str) -> None:
    administrator(store)
    request = asked(User="bob")
    request.COOKIES = {**cookies_of(sign_in_by_proxy(asked(User="ada"))), own.PROXY_COOKIE: mark}
    assert not is_of_proxy(request)


def test_refused_person_is_told_why(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    administrator(store)

    def refuse(claims: Claims, address: str) -> None:
        assert address == STRANGER
        raise Refused("Not you.")

    monkeypatch.setattr(proxy, "welcome", refuse)
    with pytest.raises(PermissionDenied, match="Not you"):
        sign_in_by_proxy(asked(User="ada", For=STRANGER))


def test_nobody_is_let_in_before_the_first_administrator(store: Store) -> None:
    assert sign_in_by_proxy(asked(User="ada")) is None


# As a browser behind the proxy


def behind(visitor: Visitor, path: str = "/", user: str = "ada", peer: str = PROXY, **headers: str) -> Any:
    said = {"X-Forwarded-User": user, **headers} if user else headers
    return visitor.client.get(path, headers=said, REMOTE_ADDR=peer)


def test_page_behind_the_proxy_opens_without_a_form(stranger: Visitor) -> None:
    assert behind(stranger, "/search?q=a")["Location"] == "/search?q=a"
    assert behind(stranger, "/search?q=a").status_code == 200
    assert behind(stranger, user="").status_code == 200


def test_header_of_a_stranger_opens_nothing(stranger: Visitor) -> None:
    answer = behind(stranger, peer=STRANGER)
    assert answer["Location"].startswith("/login")
    assert own.SESSION_COOKIE not in answer.cookies


def test_next_person_in_the_same_browser_is_not_taken_for_the_first(stranger: Visitor) -> None:
    behind(stranger)
    assert "Account: ada" in behind(stranger).content.decode()
    assert behind(stranger, user="bob").status_code == 302
    assert "Account: bob" in behind(stranger, user="bob").content.decode()


def test_fragment_behind_the_proxy_goes_on_after_its_session_ended(stranger: Visitor) -> None:
    answer = behind(stranger, "/search?q=a", **{"HX-Request": "true"})
    assert (answer.status_code, answer["Location"]) == (302, "/search?q=a")


def test_person_who_is_refused_reads_why(stranger: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(claims: Claims, address: str) -> None:
        raise Refused("This account is closed.")

    monkeypatch.setattr(proxy, "welcome", refuse)
    answer = behind(stranger)
    assert answer.status_code == 403
    assert "This account is closed." in answer.content.decode()


def test_store_out_of_reach_is_said_to_be(stranger: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(claims: Claims, address: str) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(proxy, "welcome", fail)
    assert behind(stranger).status_code == 503
