"""Who has a failing pipeline: taken, given back, handed on, and each of it undone."""

from __future__ import annotations

import re

import pytest

from dashboard.wakeups import WakeUp, wakeups
from storage.errors import Conflict
from storage.model.accounts import Role, User
from storage.model.entities import Status
from storage.model.pipeline_record import Acknowledgement
from storage.recording.projections import Pipeline
from storage.store import Store
from tests.dashboard.views.town import MOVING, RED, Town
from tests.dashboard.visiting import HX, Visitor, text_of
from tests.factories import BY, MINUTE, NOW, REF, Clock, a_member, a_run, a_team, record


def path_of(town: Town, step: str = "take", key: str = RED.key) -> str:
    return f"{town.board}/pipelines/{town.pipeline_of(key)}/{step}"


def taken(store: Store, town: Town, key: str = RED.key) -> Acknowledgement | None:
    stored = store.pipelines.find_row(town.team.id, town.pipeline_of(key))
    assert stored is not None
    return stored.row().taken


def holder(store: Store, town: Town) -> str:
    found = taken(store, town)
    return found.name if found else ""


def noted(store: Store, town: Town) -> list[tuple[str, str, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]]:
    """Of the team's log what was done about pipelines, by the alphabet: the clock of tests stands still."""
    found = [(e.action, e.who, e.before, e.after) for e in store.audit.list_of_team(town.team.id).items]
    return sorted(entry for entry in found if entry[0].startswith("pipeline."))


@pytest.fixture
def mara(store: Store, town: Town) -> User:
    return a_member(store, town.team, Role.MEMBER, "mara@example.com", name="Mara Lindqvist")


# Take


def test_failing_pipeline_is_taken_and_everybody_sees_by_whom(
    visitor: Visitor, store: Store, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(wakeups, "send", told.append)
    answer = visitor.post(path_of(town))
    assert (answer.status_code, answer["Location"]) == (303, f"/executions/{town.red}#take")
    found = taken(store, town)
    assert found is not None
    assert (found.name, found.at) == ("Ada Admin", NOW)
    assert "Ada has it" in visitor.text(town.board)
    assert "Ada Admin" in visitor.text("/").partition("attention__who")[2].partition("</td>")[0]
    assert told == [WakeUp.STORE_CHANGED]


def test_fragment_is_answered_with_nothing_to_swap(visitor: Visitor, town: Town) -> None:
    for step in ("take", "give-back"):
        answer = visitor.post(path_of(town, step), **HX)
        assert (answer.status_code, answer.content) == (204, b"")


def test_first_to_say_so_has_it(store: Store, visitor: Visitor, town: Town, mara: User) -> None:
    Visitor(store, mara).post(path_of(town))
    visitor.post(path_of(town))
    assert holder(store, town) == "Mara Lindqvist"


@pytest.mark.parametrize("key", [REF.key, MOVING.key])
def test_pipeline_that_does_not_fail_cannot_be_taken(visitor: Visitor, store: Store, town: Town, key: str) -> None:
    assert visitor.post(path_of(town, key=key)).status_code == 303
    assert taken(store, town, key) is None


def test_row_that_changes_meanwhile_is_read_again(
    visitor: Visitor, store: Store, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, between = store.rebuilder.read, [True]

    def interrupted(pipeline_id: str) -> Pipeline:
        found = read(pipeline_id)
        if between:
            between.pop()
            record(store, a_run("211", began=NOW - 2 * MINUTE, outcome=None, ref=RED), town.team.id)
        return found

    monkeypatch.setattr(store.rebuilder, "read", interrupted)
    visitor.post(path_of(town))
    stored = store.pipelines.find_row(town.team.id, town.pipeline_of(RED.key))
    assert stored is not None
    assert stored.row().taken is not None
    assert len(stored.row().in_flight) == 1


def test_pipeline_that_goes_green_meanwhile_is_not_taken(
    visitor: Visitor, store: Store, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, between = store.rebuilder.read, [True]

    def interrupted(pipeline_id: str) -> Pipeline:
        if between:
            between.pop()
            record(store, a_run("211", began=NOW - 9 * MINUTE, ref=RED), town.team.id)
        return read(pipeline_id)

    monkeypatch.setattr(store.rebuilder, "read", interrupted)
    assert visitor.post(path_of(town)).status_code == 303
    assert noted(store, town) == []


def test_only_post_says_who_has_it(visitor: Visitor, town: Town) -> None:
    for step in ("take", "give-back", "hand-on"):
        assert visitor.get(path_of(town, step)).status_code == 405


@pytest.mark.parametrize("step", ["take", "give-back", "hand-on"])
@pytest.mark.parametrize("pipeline", ["none", "0" * 32, "%23" * 32])
def test_pipeline_that_is_not_there_cannot_be_taken(visitor: Visitor, town: Town, pipeline: str, step: str) -> None:
    assert visitor.post(f"{town.board}/pipelines/{pipeline}/{step}").status_code == 404
    assert visitor.post(f"/teams/none/pipelines/{pipeline}/{step}").status_code == 404


# Keep


def test_who_has_it_keeps_it_while_it_is_red_and_has_it_no_more_once_it_is_green(
    visitor: Visitor, store: Store, town: Town, clock: Clock
) -> None:
    visitor.post(path_of(town))
    for number, outcome in ((211, Status.CANCELLED), (212, Status.FAILED), (213, None)):
        record(store, a_run(str(number), began=NOW + number * MINUTE, outcome=outcome, ref=RED), town.team.id)
        assert holder(store, town) == "Ada Admin", outcome
    record(store, a_run("213", began=NOW + 213 * MINUTE, ref=RED), town.team.id)
    assert holder(store, town) == ""
    record(store, a_run("214", began=NOW + 230 * MINUTE, outcome=Status.FAILED, ref=RED), town.team.id)
    clock.now = NOW + 240 * MINUTE
    visitor.sign_in(visitor.user)  # type: ignore[arg-type]
    assert "Take it" in visitor.text(town.board)


# Give back


def test_what_is_given_back_is_nobodys_and_the_page_offers_to_undo_it(
    visitor: Visitor, store: Store, town: Town, mara: User
) -> None:
    hers = Visitor(store, mara)
    hers.post(path_of(town))
    answer = hers.post(path_of(town, "give-back"))
    assert (answer.status_code, answer["Location"]) == (303, f"/executions/{town.red}?was={mara.id}#take")
    assert holder(store, town) == ""
    assert "Take it" in hers.text(town.board)
    page = hers.text(f"/executions/{town.red}?was={mara.id}")
    assert "Mara Lindqvist had it before." in page
    undo = re.search(r'action="([^"]+/hand-on)">.*?name="to" value="([^"]+)"', page, re.DOTALL)
    assert undo is not None
    assert hers.post(undo[1], {"to": undo[2]}).status_code == 303
    assert holder(store, town) == "Mara Lindqvist"


def test_what_nobody_has_cannot_be_given_back(visitor: Visitor, store: Store, town: Town) -> None:
    assert visitor.post(path_of(town, "give-back")).status_code == 303
    assert noted(store, town) == []


def test_another_of_the_team_may_give_it_back(visitor: Visitor, store: Store, town: Town, mara: User) -> None:
    """Who has it may be away."""
    Visitor(store, mara).post(path_of(town))
    visitor.post(path_of(town, "give-back"))
    assert holder(store, town) == ""


# Hand on


def test_it_is_handed_on_to_a_member_by_a_form(visitor: Visitor, store: Store, town: Town, mara: User) -> None:
    visitor.post(path_of(town))
    assert visitor.user is not None
    page = visitor.text(f"/executions/{town.red}?holder=1")
    assert f'<option value="{mara.id}">Mara Lindqvist</option>' in page
    assert path_of(town, "hand-on") in page
    assert visitor.user is not None
    answer = visitor.post(path_of(town, "hand-on"), {"to": mara.id})
    assert (answer.status_code, answer["Location"]) == (303, f"/executions/{town.red}?was={visitor.user.id}#take")
    assert holder(store, town) == "Mara Lindqvist"
    assert "Mara has it" in visitor.text(town.board)


def test_handing_on_is_undone_by_handing_back(visitor: Visitor, store: Store, town: Town, mara: User) -> None:
    hers = Visitor(store, mara)
    hers.post(path_of(town))
    other = a_member(store, town.team, Role.MEMBER, "ben@example.com", name="Ben Ito")
    answer = hers.post(path_of(town, "hand-on"), {"to": other.id})
    assert "Mara Lindqvist had it before." in hers.text(answer["Location"].partition("#")[0])
    hers.post(path_of(town, "hand-on"), {"to": mara.id})
    assert holder(store, town) == "Mara Lindqvist"


def test_who_may_not_take_it_cannot_be_handed_it(visitor: Visitor, store: Store, town: Town) -> None:
    visitor.post(path_of(town))
    elsewhere = a_member(store, a_team(store, "Ledger", "ledger"), Role.MEMBER, "other@example.com")
    viewer = a_member(store, town.team, Role.VIEWER, name="Vera Viewer")
    for user_id in (elsewhere.id, viewer.id, "", "nobody", "x" * 5000):
        assert visitor.post(path_of(town, "hand-on"), {"to": user_id}).status_code == 404
    assert holder(store, town) == "Ada Admin"
    assert "Vera Viewer" not in visitor.text(f"/executions/{town.red}?holder=1")


def test_green_pipeline_is_handed_to_nobody(visitor: Visitor, store: Store, town: Town, mara: User) -> None:
    assert visitor.post(path_of(town, "hand-on", REF.key), {"to": mara.id}).status_code == 303
    assert taken(store, town, REF.key) is None


def test_of_two_who_hand_it_on_the_first_is_heard(
    visitor: Visitor, store: Store, town: Town, mara: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second decided over what does not hold any more."""
    visitor.post(path_of(town))
    ben = a_member(store, town.team, Role.MEMBER, "ben@example.com", name="Ben Ito")
    read, between = store.rebuilder.read, [True]

    def interrupted(pipeline_id: str) -> Pipeline:
        if between:
            between.pop()
            Visitor(store, mara).post(path_of(town, "hand-on"), {"to": ben.id})
        return read(pipeline_id)

    monkeypatch.setattr(store.rebuilder, "read", interrupted)
    visitor.post(path_of(town, "hand-on"), {"to": mara.id})
    assert holder(store, town) == "Ben Ito"


# The log, and pages


def test_each_step_is_in_the_log_with_who_had_it_before(visitor: Visitor, store: Store, town: Town, mara: User) -> None:
    visitor.post(path_of(town))
    visitor.post(path_of(town, "hand-on"), {"to": mara.id})
    visitor.post(path_of(town, "give-back"))
    ada, hers = (("holder", "Ada Admin"),), (("holder", "Mara Lindqvist"),)
    assert noted(store, town) == [
        ("pipeline.given_back", "Ada Admin", hers, ()),
        ("pipeline.handed_on", "Ada Admin", ada, hers),
        ("pipeline.taken", "Ada Admin", (), ada),
    ]


def test_page_offers_each_step_without_javascript_to_those_who_may(
    visitor: Visitor, store: Store, town: Town, mara: User
) -> None:
    page = f"/executions/{town.red}"
    assert re.search(r'<noscript><p[^>]*> ?Nobody has this yet. <a[^>]*href="\?holder=1#holder"', visitor.text(page))
    assert re.search(r'<form[^>]*action="[^"]*/take"', visitor.text(f"{page}?holder=1"))
    visitor.post(path_of(town))
    shown = visitor.text(page)
    assert 'href="?holder=1#holder"' in shown
    assert "/hand-on" not in shown
    opened = visitor.text(f"{page}?holder=1")
    assert 'id="holder"' in opened
    for step in ("give-back", "hand-on"):
        assert re.search(rf'<form[^>]*method="post"[^>]*action="[^"]*/{step}"', opened)
    viewer = Visitor(store, a_member(store, town.team, Role.VIEWER))
    for path in (page, f"{page}?holder=1", f"{page}?was={mara.id}"):
        assert not re.search(r"<form[^>]*/(take|give-back|hand-on)", viewer.text(path)), path


def test_page_of_who_has_it_costs_one_call_more_and_the_plain_page_none(
    visitor: Visitor, store: Store, town: Town
) -> None:
    from tests.dashboard.views.test_budgets import operations

    visitor.post(path_of(town))
    page = f"/executions/{town.red}"
    assert operations(visitor, page) == ["batch_get", "batch_get"]
    assert len(operations(visitor, f"{page}?holder=1")) > 2


def test_pipeline_that_others_keep_writing_is_told_to_try_again(
    visitor: Visitor, store: Store, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Conflict("written by others")

    monkeypatch.setattr(store.table, "transact", refuse)
    answer = visitor.post(path_of(town))
    assert answer.status_code in (409, 503)
    assert "<!doctype" in text_of(answer)


def test_holder_from_another_team_still_is_named(visitor: Visitor, store: Store, town: Town) -> None:
    """An administrator of no team took it."""
    assert BY.name != "Ada Admin"
    visitor.post(path_of(town))
    assert "Ada Admin" in visitor.text(f"/executions/{town.red}")
