"""The logs of failing builds are whole, marked and fairly halved."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MARKS = json.loads((HERE / "causes.json").read_text(encoding="utf-8"))
LOGS = sorted(path.relative_to(HERE).as_posix() for path in HERE.rglob("*.log"))
FAILED = [name for name in LOGS if not name.endswith(".green.log")]
NAME = re.compile(r"[a-z]+/(\d{3})-[a-z0-9-]+(\.green)?\.log")
STAMP = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z ")
FAILURE = re.compile(r"\]Process completed|Command did not exit successfully|exceeded the maximum|State: (FAIL|TIMED)")
MOST_BYTES = 6_000_000


def number(name: str) -> int:
    matched = NAME.fullmatch(name)
    assert matched, name
    return int(matched[1])


def lines(name: str) -> list[str]:
    """Cut at line feeds alone, as both tools do; without GitHub's time stamps."""
    return [STAMP.sub("", line) for line in (HERE / name).read_bytes().decode().split("\n")]


def tools(half: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for mark in MARKS:
        if number(mark["log"]) % 2 == half:
            found[mark["tool"]] = found.get(mark["tool"], 0) + 1
    return found


def test_every_log_has_one_mark() -> None:
    assert sorted(mark["log"] for mark in MARKS) == FAILED


def test_numbers_are_unique() -> None:
    assert len({number(name) for name in FAILED}) == len(FAILED)


def test_green_log_stands_beside_its_failed_one() -> None:
    greens = {name.replace(".green.log", ".log") for name in LOGS}
    assert greens == set(FAILED)
    assert len(LOGS) - len(FAILED) >= 0.75 * len(FAILED)


def test_no_green_log_failed() -> None:
    greens = [name for name in LOGS if name.endswith(".green.log")]
    assert [name for name in greens if FAILURE.search((HERE / name).read_text(encoding="utf-8"))] == []


def test_there_are_enough_in_each_half() -> None:
    assert len(FAILED) >= 110
    assert sum(tools(0).values()) >= 52
    assert sum(tools(1).values()) >= 52


def test_both_halves_hold_every_tool_alike() -> None:
    even, odd = tools(0), tools(1)
    assert even.keys() == odd.keys()
    assert all(abs(even[tool] - odd[tool]) <= 1 for tool in even)


def test_there_are_logs_of_both_forms() -> None:
    forms = [STAMP.match((HERE / name).read_text(encoding="utf-8")) is None for name in FAILED]
    assert 15 <= sum(forms) < len(FAILED) / 3


def test_sizes_are_bounded() -> None:
    assert sum((HERE / name).stat().st_size for name in LOGS) < MOST_BYTES


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark["log"])
def test_mark_points_at_its_words(mark) -> None:
    text = lines(mark["log"])
    assert mark["tool"] == mark["log"].split("/")[0]
    assert mark["cause"] == sorted(set(mark["cause"]))
    assert all(text[line - 1].strip() for line in mark["cause"])
    assert text[mark["cause"][0] - 1] == mark["words"]
    assert any(mark["step"] in line for line in text)


@pytest.mark.parametrize("name", LOGS)
def test_log_tells_nothing_of_the_machine_that_made_it(name: str) -> None:
    text = (HERE / name).read_text(encoding="utf-8")
    assert not re.search(r"/tmp/wt|/root/|pyenv|/opt/wheels|/opt/pypi|maven-repo", text)


@pytest.mark.parametrize("name", FAILED)
def test_words_of_the_cause_are_not_in_the_green_log(name: str) -> None:
    green = name.replace(".log", ".green.log")
    if green in LOGS:
        [mark] = [mark for mark in MARKS if mark["log"] == name]
        assert mark["words"] not in lines(green)
