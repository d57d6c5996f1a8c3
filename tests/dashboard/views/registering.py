"""Somebody registers and installs a GitHub App from our pages, with GitHub's played by a fake."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings

from storage.model.entities import Connection, Team
from storage.store import Store
from tests.dashboard.tool_apis.fake_github_apps import FakeGitHub
from tests.dashboard.tool_apis.fake_tool import Asked
from tests.dashboard.visiting import Visitor, text_of

FORM = re.compile(r'<form class="panel" method="post" action="(http[^"]+)"')
MANIFEST = re.compile(r'name="manifest" value="([^"]*)"')


def begun(visitor: Visitor, team: Team, **data: str) -> Any:
    return visitor.post(f"/manage/teams/{team.id}/connect/github/app", data)


def at_github(github: FakeGitHub, answer: Any) -> str:
    """Where GitHub sends somebody who says yes to what this page of ours asks for."""
    text = text_of(answer)
    (address,), (manifest,) = FORM.findall(text), MANIFEST.findall(text)
    parts = urlsplit(html.unescape(address))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    owner = re.findall(r"/organizations/([\w-]+)/", parts.path)
    form = {"manifest": html.unescape(manifest), "state": query["state"], "owner": owner[0] if owner else "mara"}
    return str(github.make(posted("/made", form)).headers["Location"])


def posted(path: str, form: dict[str, str]) -> Asked:
    return Asked(path, {}, {}, "POST", urlencode(form).encode())


def path_of(address: str) -> str:
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == settings.BASE_URL
    return f"{parts.path}?{parts.query}"


def registered(visitor: Visitor, github: FakeGitHub, team: Team, **data: str) -> Any:
    """The answer to somebody who comes back from GitHub."""
    page = begun(visitor, team, organisation="acme", server=github.address, **data)
    return visitor.get(path_of(at_github(github, page)))


def only(store: Store, team: Team) -> Connection:
    (listed,) = store.connections.list_of_team(team.id)
    found = store.connections.find(listed.id)
    assert found is not None
    return found


def made(visitor: Visitor, store: Store, github: FakeGitHub, team: Team, **data: str) -> Connection:
    assert registered(visitor, github, team, **data).status_code == 302
    return only(store, team)


def installed(visitor: Visitor, store: Store, github: FakeGitHub, team: Team, **data: str) -> Connection:
    """With the App installed at its owner, and that chosen."""
    away = registered(visitor, github, team, **data)
    state = parse_qs(urlsplit(away["Location"]).query)["state"][0]
    (app,) = github.apps.values()
    back = github.install(posted("/install", {"state": state}), app.slug)
    assert visitor.get(path_of(back.headers["Location"])).status_code == 303
    return only(store, team)


def page(connection: Connection) -> str:
    return f"/manage/connections/{connection.id}"


def audited(store: Store, team: Team, action: str) -> dict[str, str]:
    entry = next(each for each in store.audit.list_of_team(team.id).items if each.action == action)
    return dict(entry.after)


def not_taken(answer: Any, words: str, status: int = 400) -> None:
    assert answer.status_code == status
    assert words in html.unescape(text_of(answer))
