"""What the reader of streams says in the log."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from storage.errors import Unavailable
from tests.dashboard.live.place import Place


@pytest.mark.parametrize(("error", "traceback"), [(Unavailable("away"), False), (ValueError("ours"), True)])
def test_store_that_is_away_is_a_line_in_the_log_and_a_fault_of_ours_a_traceback(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception, traceback: bool
) -> None:
    caplog.set_level(logging.WARNING, logger="dashboard.live")
    place = Place()

    def fails(*_: object) -> Any:
        raise error

    monkeypatch.setattr(place.reader, "_changes", fails)
    monkeypatch.setattr(place.reader._loads, "load", fails)
    place.watch("team:1")
    place.reader._reload(place.reader._topics["team:1"])
    assert {bool(each.exc_info) for each in caplog.records} == {traceback}
    assert [each.getMessage() for each in caplog.records] == [
        f"live reader: the store cannot be asked for changes: {error}",
        f"live reader: team:1 cannot be loaded: {error}",
    ]
