"""Rules point at the cause of a failure as the tools of each kind print it."""

from __future__ import annotations

import time

import pytest

from dashboard.failures import causes_in_code, causes_outside_code
from dashboard.failures.harmless import HARMLESS, LOGGED, LOGGED_EXAMPLES
from dashboard.failures.normalise import normalised
from dashboard.failures.pattern_of_cause import Level
from dashboard.failures.rules import MOST, MOST_LINES, cause_lines, level_of
from tests.dashboard.failures.planted_in_code import IN_CODE
from tests.dashboard.failures.planted_outside_code import OUTSIDE_CODE
from tests.failure_logs.measure import Measured, measured

PATTERNS = [one for family in (*causes_in_code.FAMILIES, *causes_outside_code.FAMILIES) for one in family]
END = "Error: Process completed with exit code 1."
PLANTED = IN_CODE | OUTSIDE_CODE
NO_GREEN = frozenset[str]()


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda one: one.examples[0][:40])
def test_pattern_finds_its_examples(pattern) -> None:
    for example in pattern.examples:
        assert pattern.regex.search(example), example
        found = level_of(example)
        assert found is not None
        assert found == pattern.level if pattern.level is Level.HEADING else found >= pattern.level


@pytest.mark.parametrize("pattern", HARMLESS, ids=lambda one: one.examples[0][:40])
def test_harmless_line_is_no_cause(pattern) -> None:
    for example in pattern.examples:
        assert pattern.regex.search(example), example
        assert level_of(example) is None


@pytest.mark.parametrize("line", LOGGED_EXAMPLES)
def test_record_of_logging_counts_least(line: str) -> None:
    assert LOGGED.match(line)
    assert level_of(line) is Level.WORD


@pytest.mark.parametrize("name", PLANTED)
def test_cause_is_the_best_line_of_what_tools_print(name: str) -> None:
    text = PLANTED[name].strip("\n").split("\n")
    [planted] = [number for number, line in enumerate(text) if line.startswith(">>")]
    lines = [line.removeprefix(">>") if number == planted else line for number, line in enumerate(text)]
    best = cause_lines([*lines, END], NO_GREEN)[0]
    assert lines[best] == lines[planted]


def test_line_of_the_green_run_is_not_the_cause() -> None:
    lines = ["a.c:3:5: error: known for 12 days", "the licence is missing", END]
    green = frozenset({normalised("a.c:3:5: error: known for 11 days")})
    assert list(cause_lines(lines, green)) == [1]


def test_lines_of_the_green_run_are_shown_where_there_are_no_others() -> None:
    lines = ["a.c:3:5: error: known", END]
    assert list(cause_lines(lines, frozenset(map(normalised, lines)))) == [0]


def test_reason_told_forty_times_is_told_once() -> None:
    lines = [f"E       TypeError: Money.times() takes {number} arguments" for number in range(40)]
    shown = [line for pair in zip(lines, [">       times()"] * 40, strict=True) for line in pair]
    assert list(cause_lines(shown, NO_GREEN)) == [0]


def test_script_of_the_step_is_no_cause() -> None:
    script = [
        "Run mypy app",
        "mypy app || echo 'error: broken'",
        "shell: /usr/bin/bash -e {0}",
        "env:",
        "  ON_ERROR: a",
    ]
    assert list(cause_lines([*script, "app is old", END], NO_GREEN)) == [len(script)]


def test_empty_step_has_no_cause() -> None:
    assert list(cause_lines([], NO_GREEN)) == []
    assert list(cause_lines([END, ""], NO_GREEN)) == []


def test_of_a_long_step_the_end_is_looked_at_in_bounded_time() -> None:
    lines = [
        f"[{number}] tests/test_error.py could not refuse {number}: failed with exit"
        for number in range(3 * MOST_LINES)
    ]
    began = time.process_time()
    found = cause_lines(lines, NO_GREEN)
    assert time.process_time() - began < 20
    assert len(found) <= MOST
    assert min(found) >= 2 * MOST_LINES


@pytest.fixture(scope="module")
def even() -> list[Measured]:
    return list(measured("even"))


def test_cause_is_in_the_first_five_lines_for_nine_of_ten_logs(even: list[Measured]) -> None:
    assert sum(one.right for one in even) >= 0.9 * len(even)
    assert len(even) >= 70


def test_excerpt_of_every_log_is_small(even: list[Measured]) -> None:
    assert all(one.excerpt and sum(len(line.encode()) + 1 for line in one.excerpt.lines) <= 4096 for one in even)


def test_cause_is_in_the_first_five_lines_for_nine_of_ten_logs_that_rules_were_not_written_by() -> None:
    right = [one.right for one in measured("odd")]
    assert len(right) >= 70
    assert sum(right) >= 0.9 * len(right)
