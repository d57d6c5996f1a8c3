"""No secret stands in clear in the table, nor in any log line."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from dashboard.auth.setup_code import setup_code
from dashboard.logs import HIDDEN, SecretFreeFormatter
from dashboard.webhooks import posts
from storage.engines.sqlite import SqliteEngine
from storage.store import Store
from tests.dashboard.auth.conftest import _nothing_of_a_provider_is_remembered, forger, server
from tests.dashboard.auth.elsewhere import CLIENT_SECRET, Forger
from tests.dashboard.bodies import pipeline_changed, workflow_run
from tests.dashboard.visiting import Visitor, post_github, signature, text_of
from tests.factories import SECRET, a_team

__all__ = ["_nothing_of_a_provider_is_remembered", "forger", "server"]

ONCE = re.compile(r'id="(?:once|secret)" readonly value="([^"]+)"')
FORMAT = settings.LOGGING["formatters"]["line"]["format"]


class Life:
    """Does through the web everything that has a secret in it, and remembers them by name."""

    def __init__(self, store: Store) -> None:
        self.store, self.secrets = store, dict[str, str]()
        self.admin = Visitor(store, None)

    def keep(self, name: str, secret: str) -> str:
        assert len(secret) >= 8, name
        self.secrets[name] = secret
        return secret

    def session(self, name: str, visitor: Visitor) -> None:
        self.keep(name, visitor.client.cookies[settings.SESSION_COOKIE].value.partition(".")[2])

    def made(self, called: str, path: str, **fields: str) -> str:
        """What is shown once, on the answer to a post."""
        answer = self.admin.post(path, fields)
        assert answer.status_code == 200, (path, text_of(answer))
        return self.keep(called, ONCE.findall(text_of(answer))[0].removeprefix(settings.BASE_URL))

    def people(self) -> None:
        store, password = self.store, self.keep("password", "ada-has-this-7391")
        account = {"email": "ada@example.com", "password": password}
        code = self.keep("setup code", setup_code())
        assert self.admin.post("/setup", {**account, "name": "Ada", "code": code}).status_code == 302
        self.session("first session", self.admin)
        wrong = {**account, "password": self.keep("wrong password", "not-what-ada-has-2")}
        assert Visitor(store, None).post("/login", wrong).status_code == 400
        assert self.admin.post("/login", account).status_code == 302
        self.session("second session", self.admin)
        reset = self.made("reset link", "/manage/people", email="bob@example.com", name="Bob")
        password = self.keep("password by link", "bob-chose-this-18")
        assert Visitor(store, None).post(reset, {"password": password}).status_code == 303
        bob = Visitor(store, None)
        assert bob.post("/login", {"email": "bob@example.com", "password": password}).status_code == 302
        change = {"present": password, "password": self.keep("changed password", "bob-rather-this-19")}
        assert bob.post("/account/password", change).status_code == 303
        self.session("session after the change", bob)
        assert Visitor(store, None).get("/reset/" + self.keep("wrong link", "x" * 60)).status_code == 404

    def team(self) -> None:
        store, team = self.store, a_team(self.store)
        path = f"/manage/teams/{team.id}"
        join = self.made("invitation", f"{path}/members", email="cleo@example.com", role="member")
        form = {"name": "Cleo", "email": "cleo@example.com", "password": self.keep("cleo", "cleo-chose-this-20")}
        assert Visitor(store, None).post(join, form).status_code == 303
        self.made("unused invitation", f"{path}/members", email="dora@example.com", role="viewer")
        screen = self.made("screen link", f"{path}/screens", name="Wall")
        assert Visitor(store, None).get(screen).status_code == 200
        made = {"token-name": "a script", "token-scopes": "read", "token-days": "30"}
        token = self.made("token", "/account/tokens", **made)
        self.made("token of a team", "/account/tokens", **{**made, "token-team_id": team.id})
        wrong = self.keep("wrong token", f"bt_{'0' * 8}_{'w' * 43}")
        asked = [Client().get("/api/v1/teams", headers={"Authorization": f"Bearer {t}"}) for t in (token, wrong)]
        assert [answer.status_code for answer in asked] == [200, 401]
        for name in ("screen link", "invitation", "unused invitation", "reset link"):
            self.secrets[name] = self.secrets[name].rpartition("/")[2]
        self.hooks(path, team.id)

    def hooks(self, path: str, team_id: str) -> None:
        body = json.dumps(workflow_run()).encode()
        secret = self.made("webhook secret", f"{path}/connect/github", source="github", name="acme")
        (listed,) = self.store.connections.list_of_team(team_id)
        for each, status in ((secret, 202), (SECRET, 401)):
            signed = {"X-Hub-Signature-256": self.keep(f"signature {status}", signature(body, each))}
            assert post_github(listed, body, key=f"d-{status}", **signed).status_code == status
        self.made("rotated secret", f"/manage/connections/{listed.id}/rotate")
        again = self.admin.post(f"/manage/connections/{listed.id}/replay", {"delivery": "d-202"})
        assert again.status_code == 200
        key = self.made("api key", f"{path}/connect/codepipeline", source="codepipeline")
        other = next(each for each in self.store.connections.list_of_team(team_id) if each.source == "codepipeline")
        for each, status in ((key, 202), (self.keep("wrong key", "a-key-that-is-wrong"), 401)):
            headers = {"X-Api-Key": each}
            hook = f"/hooks/codepipeline/{other.id}"
            assert Client().post(hook, pipeline_changed(), "application/json", headers=headers).status_code == status

    def elsewhere(self, forger: Forger) -> None:
        self.keep("client secret", CLIENT_SECRET)
        self.keep("code", "a-code-of-the-provider")
        self.keep("access token", "an-access-token")
        visitor = Visitor(self.store, None)
        assert forger.come_back(visitor).status_code == 302
        self.session("session of a provider", visitor)
        for name in ("state", "nonce"):
            self.keep(name, forger.asked_with[name])


def forms_of(secret: str) -> Iterator[str]:
    yield secret
    raw = secret.encode()
    yield raw.hex()
    yield hashlib.md5(raw).hexdigest()  # noqa: S324 - that none is kept so is what is asked
    for shift in range(3):
        # Whatever stands before it in a longer text.
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\x00" * shift + raw).decode().rstrip("=")[4 if shift else 0 : -1]


def dump(store: Store) -> str:
    """Every column of every row of every table, and the kept posts unpacked."""
    engine = store.table.engine
    assert isinstance(engine, SqliteEngine)
    found: list[str] = []
    connection = sqlite3.connect(engine.path)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert "items" in tables
    for table in tables:
        for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608
            found += [text if isinstance(text, str) else repr(text) for text in row]
    connection.close()
    for text in list(found):
        if text.startswith("{") and (packed := json.loads(text).get("post")):
            head, body = posts.unpack(packed)
            found += [json.dumps(head), body.decode()]
    return "\n".join(found)


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Whatever is logged while the test runs, as the server writes it."""
    kept: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(self.format(record))

    handler = Keep()
    handler.setFormatter(SecretFreeFormatter(FORMAT))
    logging.getLogger().addHandler(handler)
    yield kept
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def life(store: Store, forger: Forger) -> Life:
    found = Life(store)
    found.people()
    found.team()
    found.elsewhere(forger)
    return found


def test_no_secret_stands_in_the_table_nor_anything_it_could_be_read_from(life: Life, store: Store) -> None:
    kept = dump(store)
    assert len(kept) > 20_000
    assert "cleo@example.com" in kept
    assert len(life.secrets) >= 28
    assert [name for name, secret in life.secrets.items() if any(form in kept for form in forms_of(secret))] == []


def test_no_log_line_of_an_ordinary_day_holds_a_secret(
    store: Store, forger: Forger, caplog: pytest.LogCaptureFixture, lines: list[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    life = Life(store)
    life.people()
    life.team()
    life.elsewhere(forger)
    logging.getLogger("test").info("the day is over")
    assert lines
    text = caplog.text + "\n".join(lines)
    assert [name for name, secret in life.secrets.items() if secret in text] == []


def test_fault_under_a_secret_address_is_logged_without_the_secret(
    store: Store, life: Life, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("it broke")

    for name in ("find_invitation", "user_of_reset"):
        monkeypatch.setattr(f"dashboard.views.links.{name}", fault)
    monkeypatch.setattr("dashboard.views.radiator._find", fault)
    client = Client(raise_request_exception=False)
    names = {"/join/" + "t" * 36: "unused invitation", "/reset": "reset link", "/radiator": "screen link"}
    for path, name in names.items():
        assert client.get(f"{path}/{life.secrets[name]}").status_code == 500
    text = "\n".join(lines)
    heads = [line for line in text.split("\n") if "Internal Server Error" in line]
    assert len(heads) == 3
    assert all(HIDDEN in line for line in heads)
    assert [name for name in names.values() if life.secrets[name] in text] == []


# What stands in a message

TOKEN = f"bt_0123abcd_{'Tk-9_' * 9}"
KEY = "Zx8" * 14
COOKIE = f"{'a1' * 16}.{KEY}"
MESSAGES = {
    "token": f"no such token: {TOKEN}",
    "token-after-newline": f"first\n{TOKEN}",
    "token-after-tab": f"first\t{TOKEN}",
    "token-after-escape": f"first\x1b{TOKEN}",
    "token-after-word": f"x_{TOKEN}",
    "bearer": f"Authorization: Bearer {KEY}",
    "bearer-after-newline": f"GET /\r\nAuthorization: Bearer {KEY}\r\nHost: x",
    "headers": repr({"Authorization": f"Bearer {KEY}", "Accept": "*/*"}),
    "headers-of-bytes": repr({b"authorization": f"Bearer {KEY}".encode(), b"x-api-key": KEY.encode()}),
    "headers-in-pairs": repr([("X-Api-Key", KEY), ("Cookie", f"bt_session={COOKIE}; x={KEY}")]),
    "basic": f"Basic {base64.b64encode(KEY.encode()).decode()}",
    "cookie": f"Cookie: bt_session={COOKIE}; bt_csrf={KEY}",
    "session": f"session {COOKIE} is over",
    "session-after-newline": f"x\n{COOKIE}",
    "signature": f"x-hub-signature-256: sha256={KEY}",
    "join": f"Internal Server Error: /join/{'t' * 36}/{KEY}",
    "reset": f"/reset/{KEY}:abc:{KEY} is gone",
    "radiator": f'"GET /radiator/{KEY}?x=1 HTTP/1.1"',
    "next": f"/login?next=%2Fjoin%2F{'t' * 36}%2F{KEY}&x=1",
    "next-reset": f"/login?next=%2freset%2f{KEY}",
    "code": f"/login/with/oidc/callback?code={KEY}&state={KEY}",
    "query": f"https://x.io/?access_token={KEY}&client_secret={KEY}&code_verifier={KEY}",
    "form": repr({"password": KEY, "present": KEY, "csrfmiddlewaretoken": KEY}),
    "form-of-lists": f"<QueryDict: {{'password': ['{KEY}'], 'code': ['{KEY}']}}>",
    "json": json.dumps({"secret": KEY, "token": KEY}),
    "argument": f"f(password='{KEY} {KEY}', client_secret=\"{KEY}\")",
    "user-info": f"cannot connect to smtp://mailer:{KEY}@mail.example:587",
}


def line_of(message: str, *args: object, exc_info: Any = None) -> str:
    record = logging.LogRecord("x", logging.WARNING, __file__, 1, message, args, exc_info)
    return SecretFreeFormatter(FORMAT).format(record)


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_secret_in_a_message_is_hidden_and_the_message_is_one_line(message: str) -> None:
    for line in (line_of("%s", message), line_of("%r", message)):
        assert HIDDEN in line
        assert not [secret for secret in (TOKEN, KEY, "Tk-9_Tk-9_", KEY[:20]) if secret in line]
        assert len(line.splitlines()) == 1
        assert base64.b64encode(KEY.encode()).decode() not in line


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_secret_in_an_exception_is_hidden_in_its_traceback(message: str) -> None:
    try:
        raise ValueError(message)
    except ValueError as error:
        line = line_of("it broke: %s", error, exc_info=(type(error), error, error.__traceback__))
    assert "Traceback" in line
    assert not [secret for secret in (TOKEN, KEY) if secret in line]


@pytest.mark.parametrize(
    "between", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x1b[2K\r", "\x00"]
)
def test_message_cannot_begin_a_line_of_its_own(between: str) -> None:
    forged = f"one{between}2026-11-23 12:00:00,000 INFO root Ada signed in"
    assert len(line_of(forged).splitlines()) == 1
    try:
        raise ValueError(forged)
    except ValueError as error:
        told = line_of("broke", exc_info=(type(error), error, error.__traceback__))
    assert all(line.startswith("  ") for line in told.splitlines()[1:])
    assert "\x1b" not in told


@pytest.mark.parametrize(
    "message",
    ["a delivery was refused: 401", "status_code=500 state of things", "GET /teams/payments 200", "code 404, no token"],
)
def test_message_without_a_secret_stays_as_it_is(message: str) -> None:
    assert line_of(message).endswith(message)


# What a line may cost


@pytest.mark.parametrize("unit", ["a-", "a", "bearer ", "'token': '", "://a:", "/join/", "cookie ", "\\n", "state="])
def test_line_costs_no_more_than_it_is_long(unit: str) -> None:
    """8 KB of a made-up Host once held the interpreter for ten seconds. The margin is tenfold."""
    told = unit * (8192 // len(unit))
    began = time.process_time()
    line = line_of("Invalid HTTP_HOST header: %r. %s %s %s", told, told, told, told)
    assert time.process_time() - began < 0.05
    assert len(line) < 8192


@pytest.mark.parametrize("before", [0, 3900, 4000, 4050, 4080, 4090])
def test_secret_where_a_message_is_cut_goes_whole(before: int) -> None:
    for told in MESSAGES.values():
        line = line_of("%s", f"{'words ' * (before // 6)}{told} {'more ' * 900}")
        assert KEY[:12] not in line
        assert TOKEN[:16] not in line


def test_long_traceback_keeps_its_beginning_and_its_end() -> None:
    try:
        raise ValueError("x" * 40_000 + " the end")
    except ValueError as error:
        line = line_of("it broke", exc_info=(type(error), error, error.__traceback__))
    assert "Traceback" in line
    assert line.endswith("the end")
    assert len(line) < 20_000


def test_host_that_is_not_ours_is_one_line_without_a_stack(store: Store, lines: list[str]) -> None:
    assert Client().get("/login", headers={"host": "a-" * 4000}).status_code == 400
    told = [line for line in lines if "HTTP_HOST" in line]
    assert len(told) == 1
    assert len(told[0].splitlines()) == 1
    assert "Traceback" not in told[0]
