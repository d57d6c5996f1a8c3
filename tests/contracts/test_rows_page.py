"""docs/rows.md names tests that there are, and has every case that is played."""

from __future__ import annotations

import re
from pathlib import Path

from tests.storage.recording.row_table import CASES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rows.md").read_text()
TOLD_BY_AN_API = {"26"}


def cases() -> dict[str, str]:
    """By number: the row of the table."""
    return dict(re.findall(r"^\| (\d+) \| (.*)$", PAGE, re.MULTILINE))


def test_each_test_that_is_named_is_there() -> None:
    there = set(re.findall(r"^def (test_\w+)", "".join(p.read_text() for p in (ROOT / "tests").rglob("*.py")), re.M))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 30
    assert named - there == set()


def test_page_has_each_case_that_is_played_and_no_other() -> None:
    played = {case.name.partition(" ")[0] for case in CASES}
    assert set(cases()) == played | TOLD_BY_AN_API


def test_files_that_are_named_are_there() -> None:
    for name in re.findall(r"`(tests/[\w/]+\.py)`", PAGE):
        assert (ROOT / name).exists(), name
