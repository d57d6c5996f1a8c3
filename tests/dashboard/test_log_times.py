"""Log lines of several machines are read side by side: their times are UTC and say so."""

from __future__ import annotations

import logging
import time

import pytest

from dashboard.logs import SecretFreeFormatter

AT = 1_795_255_200.25  # 2026-11-21T10:00:00.250Z


def test_time_of_a_line_is_utc_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        record = logging.LogRecord("x", logging.WARNING, __file__, 1, "said", (), None)
        record.created, record.msecs = AT, 250.0
        assert SecretFreeFormatter("%(asctime)s %(message)s").format(record) == "2026-11-21T10:00:00.250Z said"
    finally:
        monkeypatch.undo()
        time.tzset()
