"""A tool to ask, and no waiting between tries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from tests.dashboard.tool_apis.fake_tool import FakeTool, served


@pytest.fixture
def tool() -> Iterator[FakeTool]:
    with served() as found:
        yield found


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=4, cap=True)
    yield
    stamina.set_testing(False)
