"""Saying that one has a stopped pipeline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.background import background
from storage.model.accounts import Actor, Role
from storage.model.board_row import Acknowledgement, BoardRow
from storage.store import Store
from tests.dashboard.views.town import MOVING, RED, Town
from tests.dashboard.visiting import HX, Visitor
from tests.factories import NOW, a_member


def path_of(town: Town, key: str = RED.key) -> str:
    return f"{town.board}/pipelines/{town.pipeline_of(key)}/take"


def taken(store: Store, town: Town, key: str = RED.key) -> Acknowledgement | None:
    stored = store.pipelines.find_row(town.team.id, town.pipeline_of(key))
    assert stored is not None
    return stored.row().taken


def test_stopped_pipeline_is_taken_and_everybody_sees_by_whom(visitor: Visitor, store: Store, town: Town) -> None:
    background._teams.clear()
    answer = visitor.post(path_of(town))
    assert (answer.status_code, answer["Location"]) == (303, f"/executions/{town.red}")
    found = taken(store, town)
    assert found is not None
    assert (found.name, found.at) == ("Ada Admin", NOW)
    assert "Ada has it" in visitor.text(town.board)
    assert background._teams == {town.team.id}


def test_fragment_is_answered_with_nothing_to_swap(visitor: Visitor, town: Town) -> None:
    answer = visitor.post(path_of(town), **HX)
    assert (answer.status_code, answer.content) == (204, b"")


def test_first_to_say_so_has_it(store: Store, visitor: Visitor, town: Town) -> None:
    other = Visitor(store, a_member(store, town.team, Role.MEMBER, name="Mara Lindqvist"))
    other.post(path_of(town))
    visitor.post(path_of(town))
    found = taken(store, town)
    assert found is not None
    assert found.name == "Mara Lindqvist"


@pytest.mark.parametrize("key", ["1296269/CI", MOVING.key])
def test_pipeline_that_is_not_stopped_cannot_be_taken(visitor: Visitor, store: Store, town: Town, key: str) -> None:
    assert visitor.post(path_of(town, key)).status_code == 303
    assert taken(store, town, key) is None


def test_row_that_changes_meanwhile_is_read_again(
    visitor: Visitor, store: Store, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, between = store.pipelines.take, [True]

    def interrupted(row: BoardRow, version: int, by: Actor) -> None:
        if between:
            between.pop()
            put(replace(row, taken=None, url="https://ci.example/changed"), version, by)
        put(row, version, by)

    monkeypatch.setattr(store.pipelines, "take", interrupted)
    visitor.post(path_of(town))
    stored = store.pipelines.find_row(town.team.id, town.pipeline_of(RED.key))
    assert stored is not None
    assert stored.row().taken is not None
    assert stored.row().url == "https://ci.example/changed"


def test_only_post_takes(visitor: Visitor, town: Town) -> None:
    assert visitor.get(path_of(town)).status_code == 405


@pytest.mark.parametrize("pipeline", ["none", "0" * 32, "%23" * 32])
def test_pipeline_that_is_not_there_cannot_be_taken(visitor: Visitor, town: Town, pipeline: str) -> None:
    assert visitor.post(f"{town.board}/pipelines/{pipeline}/take").status_code == 404
    assert visitor.post(f"/teams/none/pipelines/{pipeline}/take").status_code == 404
