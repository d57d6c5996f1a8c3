from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dashboard.live.desk import Desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.writer.close()
    for peer in desk.peers:
        peer.close()
