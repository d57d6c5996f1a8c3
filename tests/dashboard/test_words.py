"""Times as the server prints them, before a script counts."""

from __future__ import annotations

import re

from dashboard.templatetags.words import day_time, timer_since
from tests.factories import NOW


def text(markup: str) -> str:
    return re.sub(r"<[^>]+>", "", markup)


def test_beginning_reads_as_one_without_a_script() -> None:
    assert re.fullmatch(r"since \d\d:\d\d UTC", text(timer_since(NOW)))


def test_what_is_usual_is_told_beside_a_beginning_never_as_a_share_of_it() -> None:
    assert re.fullmatch(r"since \d\d:\d\d UTC, usually 2:49", text(timer_since(NOW, "2:49")))
    assert 'data-of="2:49"' in timer_since(NOW, "2:49")


def test_day_is_one_for_the_readers_clock() -> None:
    assert "data-day" in day_time(NOW)
