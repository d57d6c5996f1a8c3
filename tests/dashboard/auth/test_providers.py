"""Which providers there are, what they publish, and who GitHub says somebody is."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core import checks

from dashboard.auth import openid
from dashboard.auth.github import api_of
from dashboard.auth.identities import Claims, Refused
from dashboard.auth.openid import read_claims
from dashboard.auth.provider_client import MOST_BYTES, AnswerTooLong, fetch_json
from dashboard.auth.providers import list_providers
from tests.dashboard.auth.elsewhere import CLIENT, CLIENT_SECRET, Answers, Forger, begin, query
from tests.dashboard.visiting import Visitor, text_of


def test_there_are_no_providers_until_settings_name_them(stranger: Visitor, settings) -> None:
    assert list_providers() == ()
    assert "Sign in with" not in stranger.text("/login")
    for path in ("/login/with/oidc", "/login/with/github/callback", "/login/with/none"):
        assert stranger.get(path).status_code == 404
    settings.OIDC_ISSUER = settings.OIDC_CLIENT_ID = "https://id.example"
    settings.GITHUB_CLIENT_ID = "half"
    assert list_providers() == ()


def test_secret_of_a_client_is_not_in_what_a_log_would_show(forger: Forger, settings) -> None:
    settings.GITHUB_CLIENT_ID, settings.GITHUB_CLIENT_SECRET = CLIENT, CLIENT_SECRET
    assert CLIENT_SECRET not in repr(list_providers())


def test_nobody_signs_in_before_the_first_administrator(store, forger: Forger) -> None:
    visitor = Visitor(store, None)
    assert visitor.get("/login/with/oidc")["Location"] == "/setup"
    assert visitor.get("/login/with/oidc/callback?code=x&state=y")["Location"] == "/setup"


@pytest.mark.parametrize("path", ["/login/with/oidc", "/login/with/oidc/callback"])
def test_providers_are_visited_by_links_alone(stranger: Visitor, forger: Forger, path: str) -> None:
    assert stranger.post(path).status_code == 405


def test_log_tells_what_went_wrong_and_neither_code_nor_token(
    stranger: Visitor, forger: Forger, caplog: pytest.LogCaptureFixture
) -> None:
    honest = forger.server.of["/token"]
    forger.claims = {"aud": "another-client"}
    forger.come_back(stranger)
    forger.server.of["/token"] = lambda form: {"error": "invalid_grant", "error_description": form["code"]}
    forger.come_back(stranger)
    forger.server.of["/token"] = honest
    forger.come_back(stranger, error="server_error\r\nforged line", error_description="a-code-of-the-provider")
    assert "Sign-in with oidc failed: InvalidClaimError" in caplog.text
    assert "'aud'" in caplog.text
    assert "error 'invalid_grant'" in caplog.text
    assert "server_error\\r\\nforged line" in caplog.text
    for secret in ("a-code-of-the-provider", "an-access-token", CLIENT_SECRET, forger.asked_with["state"]):
        assert secret not in caplog.text


def test_long_answer_is_not_read_to_its_end(server: Answers) -> None:
    server.of["/x"] = " " * MOST_BYTES + "{}"
    with pytest.raises(AnswerTooLong):
        fetch_json(f"{server.url}/x")


def test_silent_provider_is_waited_for_only_so_long(stranger: Visitor, forger: Forger, monkeypatch) -> None:
    url, ended = begin(stranger), threading.Event()
    monkeypatch.setattr("dashboard.auth.provider_client.TIMEOUT_SECONDS", 0.1)
    forger.server.of["/token"] = lambda _: 500 if ended.wait(10) else {}
    answer = forger.come_back(stranger, url)
    ended.set()
    assert answer.status_code == 503
    assert "cannot be reached" in text_of(answer)


# What an issuer publishes


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://accounts.example"},
        {"issuer": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://id.example/authorize"},
        {"token_endpoint": "http://id.example/token"},
        {"token_endpoint": 3},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://user@id.example/keys"},
        {"userinfo_endpoint": "http://id.example/me"},
        {"id_token_signing_alg_values_supported": 3},
    ],
)
def test_issuer_that_publishes_nonsense_is_not_visited(
    stranger: Visitor, forger: Forger, changes: dict[str, Any]
) -> None:
    forger.metadata |= changes
    answer = stranger.get("/login/with/oidc")
    assert answer.status_code == 503
    assert "makes no sense" in text_of(answer)


def test_issuer_may_end_in_a_slash_on_either_side(stranger: Visitor, forger: Forger, settings) -> None:
    settings.OIDC_ISSUER += "/"
    assert forger.come_back(stranger).status_code == 302


def test_algorithms_may_be_left_out_of_what_is_published(stranger: Visitor, forger: Forger) -> None:
    forger.metadata["id_token_signing_alg_values_supported"] = ["none"]
    assert forger.come_back(stranger).status_code == 302
    forger.header = {"alg": "none"}
    assert forger.come_back(stranger).status_code == 400


def test_provider_that_knows_no_basic_authentication_gets_the_secret_in_the_form(
    stranger: Visitor, forger: Forger
) -> None:
    seen: list[str] = []
    honest = forger.server.of["/token"]

    def token(form: dict[str, str]) -> Any:
        seen.append(form.get("client_secret", ""))
        return honest(form)

    forger.server.of["/token"] = token
    forger.come_back(stranger)
    forger.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    openid._client.cache_clear()
    forger.come_back(stranger)
    assert seen == ["", CLIENT_SECRET]


def test_userinfo_is_asked_for_what_the_token_leaves_out(stranger: Visitor, forger: Forger, monkeypatch) -> None:
    seen = claims_seen(monkeypatch)
    forger.metadata["userinfo_endpoint"] = f"{forger.server.url}/me"
    forger.claims = {"email": None, "name": "Of the token"}
    forger.server.of["/me"] = {"sub": "ada", "email": "ada@example.com", "name": "Of userinfo", "groups": ["x"]}
    forger.come_back(stranger)
    assert seen == [Claims(forger.server.url, "ada", "ada@example.com", "Of the token")]
    forger.server.of["/me"] = {"sub": "mallory", "email": "ada@example.com"}
    assert forger.come_back(stranger).status_code == 400
    assert len(seen) == 1


def claims_seen(monkeypatch: pytest.MonkeyPatch) -> list[Claims]:
    seen: list[Claims] = []

    def welcome(claims: Claims, address: str) -> None:
        seen.append(claims)
        raise Refused("Not today.")

    monkeypatch.setattr("dashboard.views.single_sign_on.welcome", welcome)
    return seen


@pytest.mark.parametrize(
    ("claims", "email", "name", "groups"),
    [
        ({"email": " ada@x.io ", "preferred_username": "ada"}, "ada@x.io", "ada", set()),
        ({"email": "ada@x.io", "email_verified": "false", "nickname": "a"}, "", "a", set()),
        ({"email": ["ada@x.io"], "name": {"first": "Ada"}, "groups": "one"}, "", "", {"one"}),
        ({"name": " ", "preferred_username": "ada", "groups": ["a", 3, "", None, "x" * 300]}, "", "ada", {"a"}),
        ({"groups": {"a": 1}}, "", "", set()),
        ({"groups": [str(number) for number in range(5000)]}, "", "", {str(number) for number in range(1000)}),
    ],
)
def test_odd_claims_are_read_as_far_as_they_go(claims: dict[str, Any], email: str, name: str, groups: set[str]) -> None:
    read = read_claims({"iss": "https://id.example", "sub": "ada", **claims}, "groups")
    assert (read.email, read.name, read.groups) == (email, name, frozenset(groups))


# GitHub


@pytest.fixture
def github(server: Answers, settings) -> Answers:
    settings.GITHUB_CLIENT_ID, settings.GITHUB_CLIENT_SECRET, settings.GITHUB_URL = CLIENT, CLIENT_SECRET, server.url
    server.of |= {
        "/login/oauth/access_token": {"access_token": "an-access-token", "token_type": "bearer", "scope": ""},
        "/api/v3/user": {"id": 583231, "login": "octocat", "name": None},
        "/api/v3/user/emails": [
            {"email": "old@example.com", "primary": False, "verified": True},
            {"email": "octo@example.com", "primary": True, "verified": True},
        ],
        "/api/v3/user/orgs?per_page=100&page=1": [{"login": f"org-{number}"} for number in range(100)],
        "/api/v3/user/orgs?per_page=100&page=2": [{"login": "acme"}],
        "/api/v3/user/teams": [{"slug": "payments-devs", "organization": {"login": "acme"}}],
    }
    return server


def come_back(visitor: Visitor, **changes: str) -> Any:
    told = {"code": "c", "state": query(begin(visitor, "github", next="/health"))["state"], **changes}
    return visitor.client.get("/login/with/github/callback", told)


def test_somebody_signs_in_with_github(stranger: Visitor, github: Answers) -> None:
    assert "Sign in with GitHub" in stranger.text("/login")
    asked = query(begin(stranger, "github"))
    assert (asked["scope"], asked["code_challenge_method"]) == ("read:user user:email read:org", "S256")
    answer = come_back(stranger)
    assert (answer.status_code, answer["Location"]) == (302, "/health")
    assert "octocat" in stranger.text("/logout")


def test_github_says_who_somebody_is_by_number_and_where_they_belong(
    stranger: Visitor, github: Answers, monkeypatch
) -> None:
    seen = claims_seen(monkeypatch)
    come_back(stranger)
    groups = frozenset({"acme", "acme/payments-devs", *(f"org-{number}" for number in range(100))})
    assert seen == [Claims(github.url, "583231", "octo@example.com", "octocat", groups, "github")]


def test_address_that_github_has_not_verified_counts_as_none(stranger: Visitor, github: Answers, monkeypatch) -> None:
    seen = claims_seen(monkeypatch)
    github.of["/api/v3/user/emails"] = [{"email": "octo@example.com", "primary": True, "verified": False}]
    come_back(stranger)
    assert seen[0].email == ""


@pytest.mark.parametrize(
    ("path", "answer", "status"),
    [
        ("/login/oauth/access_token", {"error": "bad_verification_code"}, 400),
        ("/login/oauth/access_token", 502, 503),
        ("/api/v3/user", 401, 503),
        ("/api/v3/user", {"login": "octocat"}, 503),
        ("/api/v3/user", {"id": "root", "login": "octocat"}, 503),
        ("/api/v3/user/emails", {"message": "Not Found"}, 503),
        ("/api/v3/user/teams", 403, 503),
        ("/api/v3/user/teams", 302, 503),
    ],
)
def test_github_that_fails_signs_nobody_in(
    stranger: Visitor, github: Answers, path: str, answer: Any, status: int
) -> None:
    github.of[path] = answer
    assert come_back(stranger).status_code == status
    assert stranger.get("/").status_code == 302


def test_state_of_another_provider_is_refused(stranger: Visitor, github: Answers, settings) -> None:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = github.url, CLIENT, CLIENT_SECRET
    Forger(github)
    assert come_back(stranger, state=query(begin(stranger))["state"]).status_code == 400
    begin(stranger, "github")
    assert come_back(stranger, state="another").status_code == 400


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://github.com", "https://api.github.com/"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com/"),
        ("https://git.acme.example", "https://git.acme.example/api/v3/"),
    ],
)
def test_api_of_each_github_is_known(url: str, api: str) -> None:
    assert api_of(url) == api


# Settings


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"OIDC_ISSUER": "https://id.example"}, "BIGTRANSIT_OIDC_CLIENT_ID, BIGTRANSIT_OIDC_CLIENT_SECRET"),
        ({"OIDC_CLIENT_SECRET": "x"}, "BIGTRANSIT_OIDC_ISSUER, BIGTRANSIT_OIDC_CLIENT_ID"),
        ({"OIDC_ISSUER": "http://id.example", "OIDC_CLIENT_ID": "x", "OIDC_CLIENT_SECRET": "x"}, "OIDC_ISSUER"),
        ({"GITHUB_CLIENT_ID": "x"}, "BIGTRANSIT_GITHUB_CLIENT_SECRET"),
        ({"GITHUB_CLIENT_ID": "x", "GITHUB_CLIENT_SECRET": "x", "GITHUB_URL": "git.acme"}, "BIGTRANSIT_GITHUB_URL"),
        ({"PROXY_USER_HEADER": "X-Forwarded-User"}, "BIGTRANSIT_TRUSTED_PROXIES"),
        ({"PROXY_EMAIL_HEADER": "X-Forwarded-Email"}, "BIGTRANSIT_PROXY_USER_HEADER"),
    ],
)
def test_half_of_a_set_up_is_an_error_that_names_the_rest(settings, values: dict[str, str], said: str) -> None:
    for name, value in values.items():
        setattr(settings, name, value)
    errors = [check for check in checks.run_checks() if check.level >= checks.ERROR]
    assert len(errors) == 1
    assert said in errors[0].msg


def test_whole_set_up_is_no_error(settings) -> None:
    settings.OIDC_ISSUER = settings.OIDC_CLIENT_ID = settings.OIDC_CLIENT_SECRET = "https://id.example"
    settings.GITHUB_CLIENT_ID = settings.GITHUB_CLIENT_SECRET = "x"
    assert not [check for check in checks.run_checks() if check.level >= checks.ERROR]
