"""GitLab's hooks of groups and projects: listed, made, changed, and refused as it refuses them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool, as_json

ROOT = "/api/v4"
_HOOKS = re.compile(rf"{ROOT}(?P<place>/(?:groups|projects)/[^/]+)/hooks(?:/(?P<hook>\d+))?")


@dataclass
class FakeGitLabHooks:
    """premium: whether groups have hooks. guest: projects in which the token is no maintainer. takes: whether it
    takes our URL."""

    tool: FakeTool
    projects: dict[int, str] = field(default_factory=dict)
    hooks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    premium: bool = True
    guest: set[int] = field(default_factory=set)
    takes: bool = True

    def __post_init__(self) -> None:
        self.tool.answer = self.answer  # type: ignore[method-assign]

    def answer(self, asked: Asked) -> Answer:
        if asked.path == f"{ROOT}/projects":
            below = int(asked.query.get("id_before", 2**62))
            known = sorted((number for number in self.projects if number < below), reverse=True)[:100]
            return as_json([{"id": one, "path_with_namespace": self.projects[one]} for one in known])
        found = _HOOKS.fullmatch(asked.path)
        if found is None or (found["place"].startswith("/groups") and not self.premium):
            return as_json({"error": "404 Not Found"}, 404)
        if found["place"].startswith("/projects/") and int(found["place"].rpartition("/")[2]) in self.guest:
            return as_json({"message": "403 Forbidden"}, 403)
        hooks = self.hooks.setdefault(found["place"], [])
        if asked.method == "GET":
            return as_json([{name: value for name, value in one.items() if name != "token"} for one in hooks])
        if not self.takes:
            return as_json({"error": "Invalid url given"}, 422)
        if asked.method == "POST":
            hooks.append({"id": 70 + len(hooks), **asked.json})
            return as_json(hooks[-1], 201)
        hook = next(one for one in hooks if one["id"] == int(found["hook"]))
        hook.update(asked.json)
        return as_json(hook)
