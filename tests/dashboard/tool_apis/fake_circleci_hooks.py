"""CircleCI's webhooks of projects: listed, made, changed, and refused as it refuses them."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool, as_json

MOST = 5
_PROJECT = re.compile(r"/api/v2/project/(?P<slug>gh/acme/[\w-]+)")
_HOOK = re.compile(r"/api/v2/webhook/(?P<id>[0-9a-f-]{36})")


def id_of(*parts: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, parts))))


@dataclass
class FakeCircleCiHooks:
    """projects: their names. foreign: those of whose organisation the token's owner is no administrator. hooks: by the
    project's id."""

    tool: FakeTool
    projects: list[str] = field(default_factory=list)
    foreign: set[str] = field(default_factory=set)
    hooks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tool.answer = self.answer  # type: ignore[method-assign]

    def of(self, name: str) -> list[dict[str, Any]]:
        return self.hooks.setdefault(id_of(name), [])

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("circle-token") != "CCIPAT_a-token":
            return as_json({"message": "Invalid token provided."}, 401)
        if asked.path == "/api/v2/me/collaborations":
            return as_json([{"slug": "gh/acme", "name": "acme", "vcs_type": "github"}])
        if asked.path == "/api/v2/insights/gh/acme/summary":
            return as_json({"org_project_data": [], "all_projects": self.projects})
        if asked.path == "/api/v2/pipeline":
            return as_json({"items": [], "next_page_token": None})
        if found := _PROJECT.fullmatch(asked.path):
            name = found["slug"].rpartition("/")[2]
            return as_json({"id": id_of(name), "slug": found["slug"], "name": name})
        return self._webhooks(asked)

    def _webhooks(self, asked: Asked) -> Answer:
        told = asked.json.get("scope", {}) if asked.body else {}
        project = told.get("id") or asked.query.get("scope-id", "")
        if any(project == id_of(name) for name in self.foreign):
            return as_json({"message": "Permission denied."}, 403)
        if asked.method == "GET" and asked.query.get("scope-type") == "project":
            shown = [{**hook, "signing-secret": "*" * 8} for hook in self.hooks.get(project, [])]
            return as_json({"items": shown, "next_page_token": None})
        if asked.method == "POST":
            hooks = self.hooks.setdefault(project, [])
            if len(hooks) >= MOST:
                return as_json({"message": "Webhook limit reached."}, 400)
            hooks.append({"id": id_of(project, len(hooks)), **asked.json})
            return as_json(hooks[-1], 201)
        changed = _HOOK.fullmatch(asked.path)
        found = [one for hooks in self.hooks.values() for one in hooks if changed and one["id"] == changed["id"]]
        if asked.method != "PUT" or not found:
            return as_json({"message": "Not found"}, 404)
        found[0].update(asked.json)
        return as_json(found[0])
