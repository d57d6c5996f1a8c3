"""Fixtures of the view tests."""

from __future__ import annotations

import pytest

from storage.store import Store
from tests.copies import copied
from tests.dashboard.views import town as towns
from tests.dashboard.views.town import Town


@pytest.fixture
def town(store: Store) -> Town:
    return copied(store, towns.build)
