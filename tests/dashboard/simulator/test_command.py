"""The command says where the demo is and who may sign in, each time it is prepared."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command

from dashboard.simulator import history
from dashboard.simulator.organisation import Blueprint, Life, blueprints
from storage.store import Store
from tests.factories import administrator


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    young: tuple[Blueprint, ...] = tuple(each for each in blueprints() if each.life is Life.YOUNG)
    monkeypatch.setattr(history, "blueprints", lambda: young)


def _prepared() -> str:
    said = io.StringIO()
    call_command("simulate", prepare=True, stdout=said)
    return said.getvalue()


@pytest.mark.parametrize("time", ["first", "second"])
def test_prepare_tells_address_and_sign_in_every_time(store: Store, time: str) -> None:
    said = [_prepared(), _prepared()][time == "second"]
    assert "http://127.0.0.1:8000" in said
    assert "mara@example.com" in said
    assert "big-transit-demo" in said


def test_prepare_makes_no_user_where_somebody_can_sign_in_already(store: Store) -> None:
    administrator(store)
    assert "big-transit-demo" not in _prepared()
    assert store.users.find_id("mara@example.com") is None
