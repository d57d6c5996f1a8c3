"""No pattern of the project costs more than what it is given is long: strangers choose what that is."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator

import pytest

import bigtransit
import dashboard
import storage

UNITS = (
    *("a", "a-", "-", " ", " (", "(", "()", "/", "a/", "../", "a.", "1.", "1", "é", "aB", "#", "@", "a@", "<a", "a:"),
    *("://", "://a:", "'", '"', "\\", "\\n", "=", "code=", "x=", "arn:aws", "arn:aws:", "{", "[", "0-0-", "T", "%2F"),
    *("/join/", "bearer ", "cookie:", "Approved by arn:aws:x ", "sns.", "https://", ",", "; ", "\t", "+"),
    *("refs/pull/1", "gh-readonly-queue/a/pr-1-a"),
)
SHORT, LONG = 4096, 8192
# Below this a measurement says nothing of growth.
SECONDS = 0.02
# A pattern that grows too fast does so in each.
TRIES = 5


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for package in (bigtransit, dashboard, storage):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # Settings are nobody's but the operator's.
            if not found.name.endswith(("gunicorn.conf", "bigtransit.env")):
                yield from _inside(found.name, vars(importlib.import_module(found.name)))


def _inside(name: str, value: object, depth: int = 3) -> Iterator[tuple[str, re.Pattern[str]]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield name, value
    elif depth and isinstance(value, dict):
        for key, one in list(value.items()):
            yield from _inside(f"{name}.{key}", one, depth - 1)
    elif depth and isinstance(value, tuple | list):
        for one in value:
            yield from _inside(name, one, depth - 1)


FOUND = {pattern.pattern: (name, pattern) for name, pattern in patterns()}


def seconds(pattern: re.Pattern[str], text: str) -> float:
    """Of the processor, the least of three."""
    times = []
    for _ in range(3):
        began = time.process_time()
        pattern.search(text)
        pattern.fullmatch(text)
        pattern.sub("", text)
        times.append(time.process_time() - began)
    return min(times)


@pytest.mark.parametrize(("name", "pattern"), FOUND.values(), ids=[name for name, _ in FOUND.values()])
def test_pattern_grows_no_worse_than_what_it_looks_at(name: str, pattern: re.Pattern[str]) -> None:
    for unit in UNITS:
        for end in ("", "!", "\n"):
            if seconds(pattern, unit * (LONG // len(unit)) + end) > SECONDS:
                assert any(grows_with_length(pattern, unit, end) for _ in range(TRIES)), (unit, end)


def grows_with_length(pattern: re.Pattern[str], unit: str, end: str) -> bool:
    """By one measurement, which other work on the same processor may disturb."""
    long = seconds(pattern, unit * (LONG // len(unit)) + end)
    return long <= 3 * seconds(pattern, unit * (SHORT // len(unit)) + end)


def test_pattern_that_grows_with_the_square_is_found() -> None:
    assert not grows_with_length(re.compile(r"a*c"), "a", "!")


def test_there_are_patterns() -> None:
    assert len(FOUND) > 35
