"""Fixtures of the view tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from dashboard.tool_apis.github_app import _tokens
from storage.store import Store
from tests.copies import copied
from tests.dashboard.tool_apis.fake_github_apps import FakeGitHub
from tests.dashboard.tool_apis.fake_tool import serving
from tests.dashboard.views import town as towns
from tests.dashboard.views.town import Town
from tests.factories import Clock


@pytest.fixture
def town(store: Store) -> Town:
    return copied(store, towns.build)


@pytest.fixture
def github(clock: Clock) -> Iterator[FakeGitHub]:
    """An enterprise's server, on the same clock."""
    stamina.set_testing(True, attempts=1)
    _tokens.clear()
    with serving(lambda address: FakeGitHub(address, now=clock)) as found:
        yield found
    stamina.set_testing(False)
    _tokens.clear()
