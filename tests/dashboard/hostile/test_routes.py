"""Thousands of hostile requests to every route, by a stranger, a member and an administrator: none is a fault of ours.

HOSTILE_SEED and HOSTILE_TIMES draw others, and more.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.conf import settings

from storage.store import Store
from tests.conftest import _forget
from tests.dashboard.hostile.asking import Asker, Snapshot
from tests.dashboard.hostile.drawing import SEED, TIMES, Drawing
from tests.dashboard.views.matrix import ROWS, Reader, Row
from tests.dashboard.views.world_of_matrix import World
from tests.dashboard.visiting import Visitor

READERS = (Reader.ANONYMOUS, Reader.MEMBER, Reader.ADMIN)
# Of each row, for each of them.
EACH = 10


def rows() -> Sequence[Row]:
    return [row for found in ROWS.values() for row in found]


def faults_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{each.name}: {each.getMessage()} {each.exc_text or ''}" for each in caplog.records if each.exc_info]


@pytest.mark.parametrize("reader", READERS)
def test_no_request_to_any_route_is_a_fault_of_ours(
    store: Store, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(store)
    names, token = world.names(reader), "" if reader is Reader.ANONYMOUS else world.bearer(reader)
    browser = Visitor(store, world.people.get(reader)).client
    cookie = browser.cookies.get(settings.SESSION_COOKIE)
    before, draw = Snapshot(store), Drawing(SEED)
    asker = Asker(draw, browser, token)
    for row in rows():
        before.restore()
        _forget()
        browser.cookies.clear()
        if cookie is not None:
            browser.cookies[settings.SESSION_COOKIE] = cookie.value
        asker.row(row, names, EACH * TIMES)
    assert not asker.faults, f"seed {SEED}, {len(asker.faults)} faults:\n" + "\n".join(asker.faults[:9])
    assert asker.count == len(rows()) * EACH * TIMES
    assert faults_in(caplog) == []
