"""Around every bad input: a team it is posted to, and neighbours of whom not a byte may change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.store import Store
from tests.copies import copied
from tests.dashboard.bad_inputs.scene import Scene, build
from tests.dashboard.views.test_sns_webhook import amazon, key

__all__ = ["amazon", "key"]


@pytest.fixture
def scene(store: Store) -> Scene:
    return copied(store, build)


@pytest.fixture(autouse=True)
def _neighbours_notice_nothing(request: pytest.FixtureRequest) -> Iterator[None]:
    if "scene" not in request.fixturenames:
        yield
        return
    scene: Scene = request.getfixturevalue("scene")
    before = scene.of_neighbours()
    yield
    assert len(before) >= 6
    assert scene.of_neighbours() == before
