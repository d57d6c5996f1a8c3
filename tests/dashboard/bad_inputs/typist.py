"""Somebody who types the same words into every field there is."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from tests.dashboard.bad_inputs.bodies import workflow_job
from tests.dashboard.bad_inputs.scene import Scene
from tests.dashboard.bodies import workflow_run
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import PASSWORD, SHA, a_user

ODD_EMAIL = '"<img/src=x>{0}"@example.com'


class Typist:
    """Types the same words into every field that takes words, and keeps every page that came of it."""

    def __init__(self, scene: Scene, payload: str) -> None:
        self.scene, self.payload, self.shown = scene, payload, dict[str, str]()
        scene.post("github", workflow_run())
        scene.post("github", workflow_job(), "workflow_job")
        user = a_user(scene.store, is_admin=True, name=payload.format("person"))
        self.visitor = Visitor(scene.store, None)
        signing_in = {"email": user.email, "password": PASSWORD}
        assert self.visitor.post("/login", signing_in, **{"User-Agent": payload.format("agent")}).status_code == 302
        self.user, self.team = user, f"/manage/teams/{scene.team.id}"

    def send(self, path: str, fields: dict[str, str], status: int = 303) -> None:
        """Words in braces are the payload under that name."""
        typed = {
            name: re.sub(r"{(\w+)}", lambda found: self.payload.format(found[1]), value)
            for name, value in fields.items()
        }
        answer = self.visitor.post(path, typed)
        assert answer.status_code == status, (path, text_of(answer))
        self.shown[f"POST {path} {len(self.shown)}"] = text_of(answer)

    def type(self) -> None:
        (row,) = self.scene.board()
        stage = {"stage-0-place": "1", "stage-0-environment": "{env}"}
        token = {"token-scopes": "read", "token-days": "30"}
        self.send(self.team, {"name": "{team}", "slug": "payments", "description": "{description}"})
        self.send("/account/name", {"name": "{person}"})
        self.send(f"/manage/connections/{self.scene.github.id}", {"name": "{connection}"})
        self.send(f"{self.team}/pipelines/{row.id}", {"name": "{pipeline}", "default_branch": "{branch}", **stage})
        for path in (self.team, "/manage"):
            self.send(f"{path}/screens", {"name": "{screen}"}, 200)
        for team_id, name in (("", "{token}"), (self.scene.team.id, "{team_token}")):
            self.send("/account/tokens", {**token, "token-name": name, "token-team_id": team_id}, 200)
        self.send("/manage/people", {"email": ODD_EMAIL.format("new"), "name": "{newcomer}"}, 200)
        self.send(f"{self.team}/members", {"email": ODD_EMAIL.format("invited"), "role": "member"}, 200)
        self.send(f"{self.team}/members", {"email": ODD_EMAIL.format("new"), "role": "manager"})
        self.mistake()

    def mistake(self) -> None:
        """What is typed wrongly stands on the page that says so."""
        (token,) = self.scene.store.tokens.list_of_team(self.scene.team.id)
        confirm = {"confirm": "{confirm}"}
        self.send("/manage", {"name": "x" * 81, "slug": "{slug}", "description": "{mistaken}"}, 400)
        self.send(f"/manage/connections/{self.scene.github.id}/delete", confirm, 400)
        self.send(f"{self.team}/delete", confirm, 400)
        self.send(f"/manage/connections/{self.scene.codepipeline.id}", {"topic_arn": "{topic}"}, 400)
        self.send(f"{self.team}/members", {"email": "{email}", "role": "{role}"}, 400)
        self.send("/account/password", {"present": "{present}", "password": "{password}"}, 400)
        for path in ("/account", self.team):
            self.send(f"{path}/tokens/revoke", {**confirm, "token": token.token_hash}, 400)
        self.send(f"{self.team}/screens/revoke", {"screen": "{screen}"}, 404)
        outside = Visitor(self.scene.store, None)
        typed = {"email": self.payload.format("email"), "password": "x", "next": "/" + self.payload.format("next")}
        self.shown["login"] = text_of(outside.post("/login", typed))
        outside.post("/login", {**typed, "email": ODD_EMAIL.format("stranger")})
        self.shown["reset"] = text_of(outside.post("/reset", {"email": self.payload.format("email")}))

    def look(self) -> None:
        (row,) = self.scene.board()
        sections = ("", "/members", "/pipelines", f"/pipelines/{row.id}", "/connections", "/screens", "/tokens")
        pages = [f"{self.team}{section}" for section in (*sections, "/audit", "/delete")]
        pages += [f"/manage/connections/{each.id}" for each in (self.scene.github, self.scene.codepipeline)]
        pages += ["/", "/teams/payments", f"/teams/payments/pipelines/{row.id}", "/health", "/health/payments"]
        pages += ["/account", "/manage", "/manage/people", f"/manage/people/{self.user.id}", "/manage/screens"]
        pages += ["/manage/audit", f"/commits/{SHA}", "/logout"]
        for execution in self.scene.executions().values():
            pages.append(f"/executions/{execution.id}")
        self.shown |= {path: self.visitor.text(path) for path in pages}
        word = self.payload.format("query")
        for path, name in (("/search", "q"), ("/manage/audit", "who")):
            self.shown[f"{path} of it"] = self.visitor.text(f"{path}?{urlencode({name: word})}")


def everything_typed(scene: Scene, payload: str) -> dict[str, str]:
    typist = Typist(scene, payload)
    typist.type()
    typist.look()
    return typist.shown
