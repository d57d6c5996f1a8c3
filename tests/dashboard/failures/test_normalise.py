"""Lines of logs, cleaned and made comparable."""

from __future__ import annotations

import pytest

from dashboard.failures.normalise import LONGEST_LINE, PATTERNS, Pattern, clean, line_hash, normalised


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.example)
def test_example_of_each_pattern_becomes_what_stands_beside_it(pattern: Pattern) -> None:
    assert normalised(pattern.example) == pattern.normalised
    assert pattern.regex.search(pattern.example)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("2026-11-23T12:00:00.1234567Z FAILED test_pay.py", "FAILED test_pay.py"),
        ("\ufeff2026-11-23T12:00:00.1234567Z Current runner version", "Current runner version"),
        ("2026-11-23T12:00:00.1234567Z ##[error]Process failed.", "Error: Process failed."),
        ("##[group]Run make test", "Run make test"),
        ("[Container] 2026/11/23 12:00:00.123456 Running command make test", "Running command make test"),
        ("\x1b[31m\x1b[1mError\x1b[0m: no \x1b]8;;http://x\x07link", "Error: no link"),
        ("10 %\r 50 %\r100 % done  \r\n", "100 % done"),
        ("bell\x07 and\x00 nul", "bell and nul"),
        ("7 passed", "7 passed"),
    ],
)  # fmt: skip
def test_line_is_shown_without_what_the_runner_adds(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_very_long_line_is_cut() -> None:
    assert len(clean("x" * 100_000)) == LONGEST_LINE


def test_runs_that_differ_in_times_numbers_and_places_say_the_same() -> None:
    one = "E   AssertionError: 3 != 14 at /home/runner/work/shop/shop/tests/test_pay.py:41 (0.12s) id=7c3e1fa0"
    other = "E   AssertionError: 9 != 2 at /tmp/build/x/tests/test_pay.py:43 (3.4 s) id=0b1c2d3e"
    assert normalised(one) == normalised(other)
    assert line_hash(normalised(one)) == line_hash(normalised(other))
    assert normalised(one) != normalised(one.replace("test_pay", "test_order"))
