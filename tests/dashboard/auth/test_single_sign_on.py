"""Signing in elsewhere and coming back, as a browser goes."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.conf import settings as own
from requests import Timeout

from dashboard.auth import openid, provider_client
from dashboard.auth.identities import Claims, Refused
from dashboard.auth.provider_client import MOST_BYTES, OUTAGE_SECONDS, Outages
from dashboard.auth.sealing import seal, unseal
from storage.store import Store
from tests.dashboard.auth.elsewhere import Answers, Forger, agree, begin, decline, query
from tests.dashboard.auth.proving import let_in_by
from tests.dashboard.visiting import Visitor, text_of


def person(visitor: Visitor) -> str:
    """Who is signed in in this browser."""
    cookie = visitor.client.cookies.get(own.SESSION_COOKIE)
    return cookie.value.partition(".")[0] if cookie else ""


def is_refused(visitor: Visitor, answer: Any, status: int = 400) -> bool:
    """The login page with one sentence, nobody signed in, nothing remembered."""
    text = text_of(answer)
    return (
        answer.status_code == status
        and 'role="alert"' in text
        and 'name="password"' in text
        and not person(visitor)
        and not visitor.client.cookies[own.SIGN_IN_COOKIE].value
    )


# With a real provider


def test_somebody_signs_in_and_arrives_where_they_wanted_to(stranger: Visitor, real: str) -> None:
    page = text_of(stranger.get("/login?next=/health%3Fdays%3D7"))
    assert 'href="/login/with/oidc?next=%2Fhealth%3Fdays%3D7"' in page
    assert "Sign in with single sign-on" in page
    answer = stranger.get(agree(begin(stranger, next="/health?days=7")))
    assert (answer.status_code, answer["Location"]) == (302, "/health?days=7")
    assert "Ada Lovelace" in stranger.text("/logout")
    assert stranger.get("/").status_code == 200


def test_audit_log_says_which_provider_let_in(stranger: Visitor, real: str, store: Store) -> None:
    stranger.get(agree(begin(stranger)))
    assert let_in_by(store) == ["oidc"]


def test_state_nonce_and_pkce_are_always_sent(stranger: Visitor, real: str) -> None:
    asked = query(begin(stranger))
    assert asked["redirect_uri"] == f"{own.BASE_URL}/login/with/oidc/callback"
    assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
    assert asked["scope"] == "openid email profile"
    assert all(len(asked[name]) >= 20 for name in ("state", "nonce", "code_challenge"))
    again = query(begin(stranger))
    assert not any(asked[name] == again[name] for name in ("state", "nonce", "code_challenge"))


def test_scopes_without_openid_have_a_nonce_all_the_same(stranger: Visitor, real: str, settings) -> None:
    settings.OIDC_SCOPES = "email"
    asked = query(begin(stranger))
    assert asked["scope"] == "openid email"
    assert asked["nonce"]


def test_same_person_is_found_again_and_each_sign_in_is_a_new_session(stranger: Visitor, real: str) -> None:
    stranger.get(agree(begin(stranger)))
    first = stranger.client.cookies[own.SESSION_COOKIE].value
    stranger.get(agree(begin(stranger)))
    second = stranger.client.cookies[own.SESSION_COOKIE].value
    assert first != second
    assert first.partition(".")[0] == second.partition(".")[0]
    stranger.client.cookies[own.SESSION_COOKIE] = first
    assert stranger.get("/").status_code == 302


def test_claims_are_those_of_the_provider(stranger: Visitor, real: str, monkeypatch) -> None:
    seen: list[tuple[Claims, str]] = []

    def refuse(claims: Claims, address: str) -> None:
        seen.append((claims, address))
        raise Refused("Not you.")

    monkeypatch.setattr("dashboard.views.single_sign_on.welcome", refuse)
    for name in ("ada", "bob"):
        answer = stranger.get(agree(begin(stranger), name))
        assert "Not you." in text_of(answer)
        assert is_refused(stranger, answer)
    groups = frozenset({"payments-devs", "platform-admins"})
    ada = Claims(real, "ada", "ada@example.com", "Ada Lovelace", groups)
    assert seen == [(ada, "127.0.0.1"), (Claims(real, "bob", "", ""), "127.0.0.1")]


def test_declined_sign_in_says_so(stranger: Visitor, real: str) -> None:
    answer = stranger.get(decline(begin(stranger, next="/health")))
    text = text_of(answer)
    assert "The sign-in with single sign-on was declined." in text
    assert 'name="next" value="/health"' in text
    assert is_refused(stranger, answer)


def test_code_is_worth_nothing_in_another_browser(stranger: Visitor, real: str, store: Store) -> None:
    come_back = agree(begin(stranger))
    thief = Visitor(store, None)
    assert is_refused(thief, thief.get(come_back))
    begin(thief)
    assert is_refused(thief, thief.get(come_back))
    assert stranger.get(come_back).status_code == 302


def test_callback_works_once(stranger: Visitor, real: str, store: Store) -> None:
    come_back = agree(begin(stranger))
    kept = stranger.client.cookies[own.SIGN_IN_COOKIE].value
    assert stranger.get(come_back).status_code == 302
    assert stranger.client.cookies[own.SIGN_IN_COOKIE].value == ""
    before = person(stranger)
    assert stranger.get(come_back).status_code == 400
    assert person(stranger) == before
    thief = Visitor(store, None)
    thief.client.cookies[own.SIGN_IN_COOKIE] = kept
    assert is_refused(thief, thief.get(come_back))  # the provider takes no code twice


# What must not be believed


def test_forger_is_believed_when_it_does_not_forge(stranger: Visitor, forger: Forger) -> None:
    assert forger.come_back(stranger).status_code == 302
    assert person(stranger)
    assert stranger.get("/").status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"aud": "another-client", "azp": "big-transit"},
        {"aud": ["big-transit", "another-client"], "azp": "another-client"},
        {"aud": None},
        {"iss": "https://accounts.example"},
        {"iss": None},
        {"exp": -120},
        {"exp": None},
        {"exp": "soon"},
        {"iat": 600},
        {"nbf": 600},
        {"sub": None},
        {"at_hash": "of-another-token"},
    ],
)
def test_token_that_is_not_for_us_signs_nobody_in(stranger: Visitor, forger: Forger, claims: dict[str, Any]) -> None:
    forger.claims = claims
    answer = forger.come_back(stranger)
    assert "could not be verified" in text_of(answer)
    assert is_refused(stranger, answer)


@pytest.mark.parametrize("claims", [{"exp": -30}, {"iat": 30}, {"aud": ["big-transit"]}])
def test_clocks_may_differ_by_a_minute(stranger: Visitor, forger: Forger, claims: dict[str, Any]) -> None:
    forger.claims = claims
    assert forger.come_back(stranger).status_code == 302


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "PS256", "kid": "one"}, {"alg": "RS256", "kid": "two"}])
def test_token_signed_in_another_way_is_not_believed(stranger: Visitor, forger: Forger, header: dict[str, str]) -> None:
    forger.header = header
    assert is_refused(stranger, forger.come_back(stranger))


@pytest.mark.parametrize("sub", ["", 7, "x" * 300])
def test_subject_that_cannot_be_one_is_refused(stranger: Visitor, forger: Forger, sub: Any) -> None:
    forger.claims = {"sub": sub}
    answer = forger.come_back(stranger)
    assert is_refused(stranger, answer, answer.status_code)
    assert answer.status_code in (400, 503)


def test_token_with_a_signature_of_nobody_is_not_believed(stranger: Visitor, forger: Forger, monkeypatch) -> None:
    honest = forger.id_token
    monkeypatch.setattr(forger, "id_token", lambda: honest()[:-8] + "AAAAAAAA")
    assert is_refused(stranger, forger.come_back(stranger))


def test_answer_without_a_token_of_identity_signs_nobody_in(stranger: Visitor, forger: Forger) -> None:
    forger.server.of["/token"] = {"access_token": "x", "token_type": "Bearer"}
    assert is_refused(stranger, forger.come_back(stranger), 503)


@pytest.mark.parametrize("changes", [{"state": "another"}, {"state": ""}, {"iss": "https://accounts.example"}])
def test_answer_to_another_question_is_refused(stranger: Visitor, forger: Forger, changes: dict[str, str]) -> None:
    assert is_refused(stranger, forger.come_back(stranger, **changes))
    assert "/token" not in forger.server.asked


def test_provider_that_names_itself_must_do_so(stranger: Visitor, forger: Forger) -> None:
    forger.metadata["authorization_response_iss_parameter_supported"] = True
    assert is_refused(stranger, forger.come_back(stranger))
    assert forger.come_back(stranger, iss=forger.server.url).status_code == 302


def test_verifier_of_another_attempt_is_refused_by_the_provider(stranger: Visitor, forger: Forger) -> None:
    first = begin(stranger)
    forger.asked_with = query(first)
    second = begin(stranger)
    forger.asked_with = {**query(second), "code_challenge": query(first)["code_challenge"]}
    answer = stranger.get(f"/login/with/oidc/callback?code=c&state={query(second)['state']}")
    assert "did not accept this sign-in" in text_of(answer)
    assert is_refused(stranger, answer)


def test_another_provider_with_the_same_address_is_another_person(
    stranger: Visitor, real: str, server: Answers, settings, store: Store
) -> None:
    stranger.get(agree(begin(stranger)))
    settings.OIDC_ISSUER = server.url
    other = Visitor(store, None)
    assert Forger(server).come_back(other).status_code == 302
    assert person(other) != person(stranger)


def test_address_of_an_administrator_makes_nobody_an_administrator(stranger: Visitor, forger: Forger) -> None:
    forger.claims = {"email": "admin@example.com"}
    forger.come_back(stranger)
    assert stranger.get("/manage").status_code in (302, 403)


# The attempt


def test_attempt_is_sealed_short_lived_and_out_of_reach(stranger: Visitor, forger: Forger, settings) -> None:
    settings.SESSION_COOKIE_SECURE, settings.SIGN_IN_COOKIE = True, "__Host-bt_sign_in"
    asked = query(begin(stranger, next="/health"))
    cookie = stranger.client.cookies["__Host-bt_sign_in"]
    assert (cookie["max-age"], cookie["path"], cookie["samesite"], cookie["domain"]) == (600, "/", "Lax", "")
    assert cookie["httponly"]
    assert cookie["secure"]
    assert asked["state"] not in cookie.value
    assert len(cookie.value) < 2000
    assert unseal(cookie.value) == ""  # nor does the key of other secrets open it


@pytest.mark.parametrize("value", ["", "x", "é", "sealed for another purpose", "gAAAAA=="])
def test_attempt_that_is_not_ours_is_none(stranger: Visitor, forger: Forger, value: str) -> None:
    state = query(begin(stranger))["state"]
    stranger.client.cookies[own.SIGN_IN_COOKIE] = seal("{}") if value.startswith("sealed") else value
    answer = stranger.get(f"/login/with/oidc/callback?code=c&state={state}")
    assert "another browser, or too long ago" in text_of(answer)
    assert is_refused(stranger, answer)


def test_attempt_ends_after_ten_minutes(stranger: Visitor, forger: Forger, monkeypatch) -> None:
    url = begin(stranger)
    late = time.time() + 700
    monkeypatch.setattr("cryptography.fernet.time.time", lambda: late)
    assert is_refused(stranger, forger.come_back(stranger, url))


EVIL = ["//evil.example", "/\\evil.example", "https:evil.example", "%2f%2fevil.example", "\t//evil", "/\n/evil", "\x00"]


@pytest.mark.parametrize("target", [*EVIL, "https://evil.example/", "/" + "x" * 2000])
def test_next_leads_nowhere_but_to_our_own_pages(stranger: Visitor, forger: Forger, target: str) -> None:
    answer = forger.come_back(stranger, begin(stranger, next=target))
    assert (answer.status_code, answer["Location"]) == (302, "/")


# What can go wrong elsewhere


def test_provider_that_is_down_is_said_to_be(stranger: Visitor, forger: Forger, settings) -> None:
    url = begin(stranger)
    forger.server.of["/token"] = 500
    answer = forger.come_back(stranger, url)
    assert "Single sign-on cannot be reached." in text_of(answer)
    assert is_refused(stranger, answer, 503)
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    assert stranger.get("/login/with/oidc?next=/health").status_code == 503


def test_provider_that_did_not_answer_is_not_asked_by_each(
    stranger: Visitor, forger: Forger, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, asked = [0.0], []

    def hangs(url: str) -> None:
        asked.append(url)
        raise Timeout

    outages = Outages(lambda: now[0])
    monkeypatch.setattr(openid, "outages", outages)
    monkeypatch.setattr(provider_client, "outages", outages)
    with monkeypatch.context() as patched:
        patched.setattr(openid, "fetch_json", hangs)
        for _ in range(5):
            assert stranger.get("/login/with/oidc").status_code == 503
    assert len(asked) == 1
    assert stranger.get("/login/with/oidc").status_code == 503
    now[0] = OUTAGE_SECONDS
    assert stranger.get("/login/with/oidc").status_code == 302


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/jwks"])
@pytest.mark.parametrize(
    "answer",
    [404, 500, 302, "", "not json", "[]", "null", "3", "{}", '{"keys": 3}', "x" * (MOST_BYTES + 1), "[" * 100_000],
    ids=lambda answer: str(answer)[:12],
)
def test_nonsense_from_elsewhere_is_never_our_fault(stranger: Visitor, forger: Forger, path: str, answer: Any) -> None:
    honest = forger.server.of[path]
    forger.server.of[path] = answer
    begun = stranger.get("/login/with/oidc")
    came = forger.come_back(stranger, begun["Location"]) if begun.status_code == 302 else begun
    assert is_refused(stranger, came, came.status_code)
    assert came.status_code in (400, 503)
    assert "/moved" not in forger.server.asked
    forger.server.of[path] = honest
    assert forger.come_back(stranger).status_code == 302
