"""Numbers 64 to 72: what people type, what they put into addresses, and pages that have grown old."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import signing

from dashboard.auth.tokens import create_token
from storage.codec import items
from storage.errors import NotFound
from storage.model.accounts import Role
from storage.model.entities import Team
from storage.store import Store
from storage.table import Delete
from tests.dashboard.bad_inputs.scene import Scene
from tests.dashboard.bad_inputs.typist import everything_typed
from tests.dashboard.bodies import workflow_run
from tests.dashboard.views.test_escaping import FOLLOWED, PAYLOADS, Elements
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, DAY, SHA, Clock, a_member, a_user

MORE = ["<form action=//evil.example/{0}>", "<meta http-equiv=refresh content=0;//evil.example/{0}>"]


@pytest.mark.parametrize("payload", [*PAYLOADS, *MORE], ids=range(len(PAYLOADS) + len(MORE)))
def test_64_65_markup_that_people_type_is_markup_on_no_page(scene: Scene, payload: str) -> None:
    for path, text in everything_typed(scene, payload).items():
        found = Elements(text)
        assert not {"img", "base", "iframe"} & set(found.tags), path
        assert not [name for name, _ in found.attributes if re.match(r"on|data-hx|hx-on|http-equiv", name)], path
        assert not [value for name, value in found.attributes if name in FOLLOWED and "evil" in value], path
        assert found.tags.count("script") == len(re.findall(r"<script src=", text)), path


def test_64_words_that_people_type_do_reach_the_pages(scene: Scene) -> None:
    """Else the test above would hold of empty pages."""
    text = "".join(everything_typed(scene, "word-{0}!").values())
    fields = ["team", "description", "person", "agent", "connection", "topic", "pipeline", "branch", "env", "screen"]
    fields += ["token", "team_token", "newcomer", "slug", "mistaken", "email", "next", "query"]
    assert [field for field in fields if f"word-{field}!" not in text] == []
    assert all(f"&lt;img/src=x&gt;{name}&quot;@" in text for name in ("new", "invited", "stranger"))
    assert "word-password!" not in text


# Numbers, names and places in addresses

NUMBERS = ["-1", "0", "1000000000000", "abc", "²", "١", "", "%00", "1.5", "1e9", "--1", "x" * 8000]


@pytest.mark.parametrize("number", NUMBERS)
def test_67_odd_number_in_an_address_shows_the_page(visitor: Visitor, scene: Scene, number: str) -> None:
    scene.post("github", workflow_run())
    (row,), execution = scene.board(), scene.execution()
    for path in ("/", "/teams/payments", f"/teams/payments/pipelines/{row.id}", "/manage/audit", "/search?q=x"):
        mark = "&" if "?" in path else "?"
        assert visitor.get(f"{path}{mark}page={number}&limit={number}&show={number}").status_code == 200
    assert visitor.get(f"/executions/{execution.id}?attempt={number}").status_code == 200
    assert visitor.get(f"/health/payments?days={number}").status_code == 200


@pytest.mark.parametrize("number", [*NUMBERS, "1000000000"])
def test_67_odd_limit_is_refused_by_the_api(scene: Scene, number: str) -> None:
    scene.post("github", workflow_run())
    (row,) = scene.board()
    token = create_token(a_user(scene.store, is_admin=True), "a script", BY)
    visitor = Visitor(scene.store, None)
    for path in (f"/api/v1/pipelines/{row.id}/executions", f"/api/v1/commits/{SHA}"):
        answer = visitor.get(f"{path}?limit={number}", Authorization=f"Bearer {token}")
        assert (answer.status_code, set(answer.json())) == (400, {"message", "code"})


@pytest.mark.parametrize("query", ["sort=password", "order=-epoch", "show=password", "fields=secret", "sort=doc"])
def test_67_nobody_sorts_by_what_is_secret(visitor: Visitor, scene: Scene, query: str) -> None:
    for path in ("/", "/teams/payments", "/manage/people", "/manage/audit", f"/manage/connections/{scene.github.id}"):
        assert visitor.text(f"{path}?{query}").replace(f"?{query}", "") == visitor.text(path)


def cursors_of(visitor: Visitor, scene: Scene) -> dict[str, str]:
    """A list's path, and a cursor of its second page, as the page itself gives it."""
    for number in range(60):
        scene.post("github", workflow_run(5100 + number))
        scene.store.audit.put_refused(BY, "tried", str(number), scene.team.id)
    (row,) = scene.board()
    paths = [f"/teams/payments/pipelines/{row.id}", "/manage/audit", f"/manage/teams/{scene.team.id}/audit"]
    found = {path: re.findall(r'before=([^"&]+)', visitor.text(path)) for path in paths}
    assert all(found.values())
    return {path: cursors[0] for path, cursors in found.items()}


def test_68_cursor_that_is_cut_changed_or_of_another_list_is_not_found(visitor: Visitor, scene: Scene) -> None:
    theirs = scene.store.executions.list_of_commit(SHA[:9]).items[0]
    for path, cursor in cursors_of(visitor, scene).items():
        assert visitor.get(f"{path}?before={cursor}").status_code == 200
        other = signing.dumps({"pk": "TEAM#x", "sk": "TEAM"}, salt="cursor another list", compress=True)
        of_theirs = signing.dumps({"pk": theirs.pipeline_id, "sk": "x"}, salt=f"cursor {theirs.pipeline_id}")
        changed = cursor.replace(cursor[3], "A" if cursor[3] != "A" else "B", 1)
        odd = [cursor[:-1], cursor[1:], cursor[:40], changed, other, of_theirs, "x", "%00", ":::", "é", "x" * 9000]
        for each in odd:
            assert visitor.get(f"{path}?before={each}").status_code == 404, (path, each)


def test_68_cursor_of_one_team_opens_no_list_of_another(visitor: Visitor, scene: Scene) -> None:
    """Nor does it give more to somebody who may see only the other."""
    cursors = cursors_of(visitor, scene)
    ours = cursors[f"/manage/teams/{scene.team.id}/audit"]
    (row,) = (stored.row() for stored in scene.store.pipelines.list_board(scene.neighbours.id))
    manager = Visitor(scene.store, a_user(scene.store, "x@example.com", is_admin=True))
    for path in ("/manage/audit", f"/manage/teams/{scene.neighbours.id}/audit", f"/teams/ledger/pipelines/{row.id}"):
        for cursor in {*cursors.values()} - {cursors.get(path)}:
            assert manager.get(f"{path}?before={cursor}").status_code == 404
        assert manager.get(f"{path}?before={ours}").status_code == 404


SLUGS = {
    "69-admin": "admin",
    "69-dots": "..",
    "69-new": "new",
    "69-api": "api",
    "69-manage": "manage",
    "69-cyrillic": "pаyments",
    "69-full-width": "ｐayments",
    "69-right-to-left": "\u202epayments",
    "69-10-kb": "x" * 10_240,
    "69-slash": "a/b",
    "69-upper": "Payments",
    "69-nul": "a\x00b",
    "69-hyphens": "-",
    "69-taken": "ledger",
}


@pytest.mark.parametrize("slug", SLUGS.values(), ids=SLUGS)
def test_odd_address_of_a_team_is_refused(visitor: Visitor, scene: Scene, slug: str) -> None:
    for path in ("/manage", f"/manage/teams/{scene.team.id}"):
        answer = visitor.post(path, {"name": "A name", "slug": slug})
        assert (answer.status_code, 'aria-invalid="true"' in text_of(answer)) == (400, True)
    assert {entry.team.slug for entry in scene.store.teams.list_all()} == {"payments", "ledger"}
    if slug != "ledger":
        assert visitor.client.get(f"/teams/{slug}"[:3000]).status_code == 404


@pytest.mark.parametrize("name", ["admin", "New", "API", "..", "\u202e", "支付", "x" * 10_240, "a\ud800b", "\x00"])
def test_69_team_whose_name_makes_no_address_gets_a_usable_one(scene: Scene, name: str) -> None:
    token = create_token(a_user(scene.store, is_admin=True), "a script", BY)
    headers = {"Authorization": f"Bearer {token}"}
    body: Any = {"name": name}
    answer = Visitor(scene.store, None).client.post("/api/v1/teams", body, "application/json", headers=headers)
    assert answer.status_code in (201, 400)
    for entry in scene.store.teams.list_all():
        assert re.fullmatch(r"[a-z0-9-]{1,60}", entry.team.slug)
        assert entry.team.slug not in ("admin", "new", "api")


# Forms with more than they ask for, sent twice, or long after

EXTRA = {
    "role": "manager", "is_admin": "on", "is_active": "1", "admin_by_group": "1", "team_id": "{their_team}",
    "id": "x", "user_id": "{victim}", "epoch": "0", "version": "99", "password": "quite-new-4711", "issuer": "x",
    "paused": "1", "secret": "a-secret-of-the-evil-one", "source": "codepipeline", "created_by": "evil",
    "scopes": "manage", "_method": "DELETE",
}  # fmt: skip


def test_70_fields_that_a_form_does_not_ask_for_change_nothing(scene: Scene) -> None:
    store, team = scene.store, scene.team
    manager = a_member(store, team, Role.MANAGER)
    victim = a_user(store, "victim@example.com")
    visitor = Visitor(store, manager)
    names = {"their_team": scene.neighbours.id, "victim": victim.id}
    extra = {name: value.format(**names) for name, value in EXTRA.items()}
    before = store.connections.find(scene.github.id)
    assert before is not None
    forms = {
        "/account/name": {"name": "Mo"},
        f"/manage/teams/{team.id}": {"name": "Payments", "slug": "payments", "is_open": "open"},
        f"/manage/connections/{scene.github.id}": {"name": "acme"},
        f"/manage/teams/{team.id}/screens": {"name": "Wall"},
        "/account/tokens": {"token-name": "x", "token-scopes": "read", "token-days": "30"},
    }
    for path, form in forms.items():
        assert visitor.post(path, {**extra, **form}).status_code in (200, 303), path
    after = store.users.find(manager.id)
    assert after is not None
    assert (after.is_admin, after.roles, after.epoch, after.password) == (
        False,
        manager.roles,
        manager.epoch,
        manager.password,
    )
    assert store.users.find(victim.id) == victim
    connection = store.connections.find(scene.github.id)
    assert connection is not None
    kept = ("id", "team_id", "source", "secret", "paused", "created_at")
    assert [getattr(connection, name) for name in kept] == [getattr(before, name) for name in kept]
    assert [str(scope) for scope in store.tokens.list_of_user(manager.id)[0].scopes] == ["read"]
    assert [screen.name for screen in store.screen_links.list_of_team(team.id)] == ["Wall"]
    assert store.screen_links.list_of_team("") == []


def test_70_token_for_a_team_one_may_not_see_is_refused(scene: Scene, store: Store) -> None:
    hidden = store.teams.create("Hidden", "hidden", BY, is_open=False)
    visitor = Visitor(store, a_member(store, scene.team, Role.MANAGER))
    data = {"token-name": "x", "token-scopes": "read", "token-days": "30", "token-team_id": hidden.id}
    assert visitor.post("/account/tokens", data).status_code == 400
    assert visitor.post("/account/tokens", {**data, "token-team_id": "", "token-scopes": "all"}).status_code == 400
    assert store.tokens.list_of_team(hidden.id) == []


def test_71_create_sent_twice_makes_one(visitor: Visitor, scene: Scene) -> None:
    answers = [visitor.post("/manage", {"name": "Till"}).status_code for _ in range(2)]
    assert answers == [303, 400]
    form = {"email": "new@example.com", "name": "New"}
    assert [visitor.post("/manage/people", form).status_code for _ in range(2)] == [200, 400]
    assert len([user for user in scene.store.users.list_all() if user.email == form["email"]]) == 1


def test_71_delete_sent_again_or_from_a_page_of_before_is_not_found(visitor: Visitor, scene: Scene) -> None:
    hook, team = f"/manage/connections/{scene.github.id}", f"/manage/teams/{scene.team.id}"
    for path, confirm in ((f"{hook}/delete", "github"), (f"{team}/delete", "Payments")):
        assert visitor.post(path, {"confirm": confirm}).status_code == 303
        assert visitor.post(path, {"confirm": confirm}).status_code == 404
    late = {hook: {"name": "x"}, f"{hook}/rotate": {}, f"{hook}/pause": {"paused": "1"}, team: {"name": "x"}}
    late |= {f"{hook}/replay": {"delivery": "x"}, f"{team}/members": {"email": "x@example.com", "role": "viewer"}}
    for path, data in late.items():
        assert visitor.post(path, data).status_code == 404
    assert scene.store.connections.find(scene.github.id) is None


@pytest.mark.parametrize("what", ["connections", "teams"])
def test_71_delete_that_loses_a_race_is_not_found(
    visitor: Visitor, scene: Scene, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise NotFound("gone already")

    monkeypatch.setattr(getattr(scene.store, what), "delete", gone)
    of = {"connections": (scene.github.id, "github"), "teams": (scene.team.id, "Payments")}[what]
    assert visitor.post(f"/manage/{what}/{of[0]}/delete", {"confirm": of[1]}).status_code == 404


def based_on(page: str) -> str:
    return str(re.findall(r'name="based_on" value="(\w+)"', page)[0])


def test_71_second_of_two_tabs_is_told_and_overwrites_nothing(visitor: Visitor, scene: Scene, clock: Clock) -> None:
    person = a_user(scene.store, "person@example.com")
    forms = {
        f"/manage/connections/{scene.github.id}": {"topic_arn": ""},
        f"/manage/people/{person.id}": {"is_active": "on"},
        f"/manage/teams/{scene.team.id}": {"slug": "payments", "is_open": "open"},
    }
    for path, form in forms.items():
        form["based_on"] = based_on(visitor.text(path))
        clock.move(1000)
        assert visitor.post(path, {**form, "name": "First tab"}).status_code == 303
        told = visitor.post(path, {**form, "name": "Second tab"})
        assert (told.status_code, "meanwhile" in text_of(told)) == (400, True)
        assert "First tab" in visitor.text(path)
        assert visitor.post(path, {**form, "name": "Second", "based_on": based_on(text_of(told))}).status_code == 303


def open_pages(scene: Scene) -> list[str]:
    scene.post("github", workflow_run())
    (row,) = scene.board()
    paths = ["/teams/payments", f"/teams/payments/pipelines/{row.id}", f"/executions/{scene.execution().id}"]
    return [*paths, f"/manage/connections/{scene.github.id}/check"]


def closed(scene: Scene) -> tuple[Team, Visitor]:
    """The team, for its members only, and one of them."""
    member = a_member(scene.store, scene.team, Role.MEMBER)
    form = {"name": "Payments", "slug": "payments", "is_open": "closed"}
    administrator = Visitor(scene.store, a_user(scene.store, is_admin=True))
    assert administrator.post(f"/manage/teams/{scene.team.id}", form).status_code == 303
    return scene.store.teams.get(scene.team.id).team, Visitor(scene.store, member)


@pytest.mark.parametrize(("end", "status"), [("expiry", 401), ("removal", 404), ("delete", 404), ("loss", 404)])
def test_72_poll_of_a_page_that_has_ended_shows_nothing(scene: Scene, clock: Clock, end: str, status: int) -> None:
    paths, (team, visitor) = open_pages(scene), closed(scene)
    assert {visitor.poll(path, "old").status_code for path in paths} == {200}
    assert visitor.user
    if end == "expiry":
        clock.move(DAY)
    elif end == "removal":
        scene.store.members.set_role(visitor.user, team, None, BY)
    elif end == "delete":
        scene.store.teams.delete(team, BY, scene.store.connections.list_of_team(team.id))
    else:
        scene.store.table.transact([Delete(items.execution_key(scene.execution().id))])
        paths = [path for path in paths if path.startswith("/executions")]
    for path in paths:
        answer = visitor.poll(path, "old")
        assert (answer.status_code, "Payments" in answer.content.decode()) == (status, False)
