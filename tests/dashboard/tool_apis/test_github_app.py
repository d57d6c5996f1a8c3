"""An App at GitHub: what it is made of, how it proves itself, its installations and their tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from dashboard.sources import SOURCES
from dashboard.tool_apis import github_app as module
from dashboard.tool_apis.errors import HostRefused, NothingThere, NotPermitted, OutOfReach, TokenRefused
from dashboard.tool_apis.github import GitHubApi
from dashboard.tool_apis.github_app import (
    PERMISSIONS,
    GitHubApp,
    InstallationTokens,
    Installed,
    is_private_key,
    manifest,
    registered_app,
)
from tests.dashboard.tool_apis.fake_github import REPOSITORY
from tests.dashboard.tool_apis.fake_github_apps import FakeGitHub, MadeApp, a_key, wrong_with
from tests.dashboard.tool_apis.fake_tool import Answer, as_json, serving
from tests.factories import MINUTE, Clock

JOBS = f"/api/v3/repos/{REPOSITORY}/actions/runs/1/attempts/1/jobs"


@pytest.fixture
def github(clock: Clock) -> Iterator[FakeGitHub]:
    module._tokens.clear()
    with serving(lambda address: FakeGitHub(address, now=clock)) as found:
        yield found
    module._tokens.clear()


def an_api(github: FakeGitHub, made: MadeApp, key: str = "") -> GitHubApp:
    return GitHubApp(str(made.id), key or made.keys[0], github.api, now=github.now)


def reading(github: FakeGitHub, made: MadeApp, installation: int) -> GitHubApi:
    tokens = InstallationTokens(an_api(github, made), str(installation), github.api, now=github.now)
    return GitHubApi("", github.api, now=github.now, authorization=tokens)


def test_manifest_asks_for_what_the_source_reads_and_github_takes_it() -> None:
    wanted = json.loads(
        manifest(
            name="Big Transit " + "x" * 60,
            home="https://transit.example",
            hook="https://transit.example/hooks/github/c",
            registered="https://transit.example/registered",
            installed="https://transit.example/installed",
            events=SOURCES["github"].kinds,
            is_public=False,
        )
    )
    assert wrong_with(wanted) == ""
    assert wanted["hook_attributes"] == {"url": "https://transit.example/hooks/github/c", "active": True}
    assert wanted["default_permissions"] == PERMISSIONS
    assert set(PERMISSIONS.values()) == {"read"}
    assert {"workflow_run", "workflow_job", "push"} < set(wanted["default_events"])


def test_code_is_exchanged_once_for_what_github_made(github: FakeGitHub) -> None:
    made = github.an_app("acme")
    github.codes["c0de"] = made
    found = registered_app("c0de", github.api, github.address, github.now)
    assert (found.id, found.slug, found.owner) == (str(made.id), "big-transit", "acme")
    assert (found.key, found.secret) == (made.keys[0], made.secret)
    assert found.page == f"{github.address}/github-apps/big-transit"
    assert github.asked[-1].method == "POST"
    assert "authorization" not in github.asked[-1].headers
    assert made.keys[0] not in repr(found)
    with pytest.raises(NothingThere, match="used already"):
        registered_app("c0de", github.api, github.address, github.now)


@pytest.mark.parametrize("code", ["", "a/../b", "a b", "x" * 101, "é"])
def test_what_cannot_be_a_code_is_not_asked_for(github: FakeGitHub, code: str) -> None:
    with pytest.raises(NothingThere, match="does not know this code"):
        registered_app(code, github.api, github.address, github.now)
    assert github.asked == []


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 0}, {"id": "4711"}, {"slug": "a/b"}, {"slug": None}, {"pem": "no key"}, {"pem": ""}, {"html_url": 7},
        {"html_url": "https://elsewhere.example/apps/x"}, {"owner": "acme"}, {"webhook_secret": 1},
    ],
    ids=str,
)  # fmt: skip
def test_conversion_that_makes_no_sense_is_not_taken(github: FakeGitHub, changes: dict[str, object]) -> None:
    told = {**github.conversion(github.an_app("acme")), **changes}
    github.answers["/api/v3/app-manifests/c0de/conversions"] = as_json(told, 201)
    with pytest.raises(OutOfReach, match="makes no sense"):
        registered_app("c0de", github.api, github.address, github.now)


@pytest.mark.parametrize("answer", [Answer(201, b"[]"), Answer(201, b"<html>"), Answer(500), Answer(422, b"{}")])
def test_broken_conversion_is_asked_for_once_alone(github: FakeGitHub, answer: Answer) -> None:
    """The code is spent by the first try, whatever came back."""
    github.answers["/api/v3/app-manifests/c0de/conversions"] = answer
    with pytest.raises(OutOfReach):
        registered_app("c0de", github.api, github.address, github.now)
    assert len(github.asked) == 1


def test_private_server_that_nobody_named_is_not_asked(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PUBLIC_ADDRESS", github.address)
    with pytest.raises(HostRefused):
        registered_app("c0de", "", github.address, github.now)
    assert github.asked == []


def test_app_proves_itself_by_its_key_alone(github: FakeGitHub, clock: Clock) -> None:
    made = github.an_app("acme")
    api = an_api(github, made)
    assert "workflow_run" in api.events()
    clock.move(3 * 3_600_000)
    assert "workflow_run" in api.events()
    with pytest.raises(TokenRefused, match="does not accept the App's private key"):
        an_api(github, made, a_key(99)).events()
    made.keys = [a_key(98)]
    with pytest.raises(TokenRefused, match="clock is wrong"):
        api.events()


def test_app_that_was_deleted_at_github_is_called_that(github: FakeGitHub) -> None:
    api = an_api(github, github.an_app("acme"))
    github.answers["/api/v3/app"] = as_json({"message": "Integration not found"}, 404)
    github.answers["/api/v3/app/hook/config"] = as_json({"message": "Integration not found"}, 404)
    for ask in (api.events, lambda: api.set_secret("x" * 20)):
        with pytest.raises(NothingThere, match="knows this App no more"):
            ask()


def test_installations_are_listed_over_pages(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PER_PAGE", 2)
    made = github.an_app("acme", manifest={"name": "CD", "default_events": []})
    found = [github.an_installation(made, account) for account in ("acme", "beta", "gamma")]
    github.an_installation(github.an_app("other"), "delta")
    api = an_api(github, made)
    assert [one.account for one in api.installations()] == ["acme", "beta", "gamma"]
    assert api.installation(str(found[1].id)) == Installed(str(found[1].id), "beta")


def test_installation_of_another_app_is_none_of_ours(github: FakeGitHub) -> None:
    made, other = github.an_app("acme"), github.an_app("other")
    theirs = github.an_installation(other, "delta")
    api = an_api(github, made)
    for number in (str(theirs.id), "1", "", "../1", "9" * 21):
        with pytest.raises(NothingThere, match="no such installation"):
            api.installation(number)
    github.answers[f"/api/v3/app/installations/{theirs.id}"] = as_json({"id": theirs.id, "app_id": other.id})
    with pytest.raises(NothingThere, match="belongs to another App"):
        api.installation(str(theirs.id))


def test_token_of_an_installation_is_kept_until_shortly_before_its_end(github: FakeGitHub, clock: Clock) -> None:
    made = github.an_app("acme")
    number = github.an_installation(made, "acme").id
    github.answers[JOBS] = as_json({"jobs": []})
    for _ in range(2):
        reading(github, made, number).jobs(REPOSITORY, "1", 1)
    assert len(github.tokens) == 1
    assert github.asked[-1].headers["authorization"] == f"Bearer {github.tokens[0][1]}"
    clock.move(54 * MINUTE)
    reading(github, made, number).jobs(REPOSITORY, "1", 1)
    assert len(github.tokens) == 1
    clock.move(2 * MINUTE)
    reading(github, made, number).jobs(REPOSITORY, "1", 1)
    assert len(github.tokens) == 2


def test_token_that_was_revoked_is_made_anew_once(github: FakeGitHub) -> None:
    made = github.an_app("acme")
    number = github.an_installation(made, "acme").id
    api = reading(github, made, number)
    github.answers[JOBS] = [as_json({}), Answer(401), as_json({}), Answer(401), Answer(401), Answer(401)]
    api.jobs(REPOSITORY, "1", 1)
    api.jobs(REPOSITORY, "1", 1)
    assert len(github.tokens) == 2
    fresh = reading(github, made, number)
    with pytest.raises(TokenRefused):
        fresh.jobs(REPOSITORY, "1", 1)
    assert len(github.tokens) == 3


def test_no_more_tokens_are_kept_than_that(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TOKENS", 2)
    made = github.an_app("acme")
    github.answers[JOBS] = as_json({})
    for account in ("a", "b", "c"):
        reading(github, made, github.an_installation(made, account).id).jobs(REPOSITORY, "1", 1)
    assert len(module._tokens) == 2


def test_suspended_and_uninstalled_are_told_apart(github: FakeGitHub) -> None:
    made = github.an_app("acme")
    suspended = github.an_installation(made, "acme", suspended=True)
    with pytest.raises(NotPermitted, match="suspended at GitHub"):
        reading(github, made, suspended.id).jobs(REPOSITORY, "1", 1)
    with pytest.raises(NothingThere, match="was uninstalled there"):
        reading(github, made, 77).jobs(REPOSITORY, "1", 1)


def test_calls_of_the_app_that_are_not_permitted_say_so(github: FakeGitHub) -> None:
    api = an_api(github, github.an_app("acme"))
    github.answers["/api/v3/app/hook/config"] = Answer(403, b"{}")
    with pytest.raises(NotPermitted, match="may not do this"):
        api.set_secret("x" * 20)


def test_keys_that_prove_nothing_are_known() -> None:
    assert is_private_key(a_key())
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    long = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    curve = ec.generate_private_key(ec.SECP256R1())
    pem = (Encoding.PEM, PrivateFormat.PKCS8)
    assert not is_private_key(short.private_bytes(*pem, NoEncryption()).decode())
    assert not is_private_key(curve.private_bytes(*pem, NoEncryption()).decode())
    assert not is_private_key(long.private_bytes(*pem, BestAvailableEncryption(b"x")).decode())
    for text in ("", "key", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----"):
        assert not is_private_key(text)
