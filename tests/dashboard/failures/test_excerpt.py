"""What is kept of a failing step."""

from __future__ import annotations

import random

import pytest

from dashboard.failures import excerpt as module
from dashboard.failures.excerpt import MOST_BYTES, excerpt_of
from dashboard.failures.fingerprint import fingerprint_of
from dashboard.failures.green_lines import MOST_LINES, packed, unpacked
from dashboard.failures.normalise import HASH_BYTES, line_hash
from dashboard.failures.redaction import REDACTED
from dashboard.failures.rules import cause_lines
from dashboard.failures.steps import Step

END = "Error: Process completed with exit code 1."


def a_step(*lines: str) -> Step:
    return Step("Run make test", lines)


def test_cause_comes_first_with_what_stands_around_it() -> None:
    noise = [f"collecting {number}" for number in range(300)]
    found = excerpt_of(a_step(*noise, "def test_pay():", "    assert pay(3) == 4", "E  assert 3 == 4", END))
    assert found.lines[:3] == ("def test_pay():", "    assert pay(3) == 4", "E  assert 3 == 4")
    assert found.truncated
    assert found.fingerprint


def test_what_the_green_run_said_too_is_not_the_cause() -> None:
    lines = ("error: cache is cold", "ok", "TypeError: x is not a function", "error: cache is cold 12", END)
    green = unpacked(packed([a_step("error: cache is cold 3", "error: cache is cold", "ok")]))
    assert "TypeError" in excerpt_of(a_step(*lines), green).lines[2]
    assert cause_lines(lines[:2] + lines[3:], frozenset())[0] == 2


def test_secrets_are_gone_before_anything_is_kept() -> None:
    found = excerpt_of(Step("Run deploy --token hunter2", ("error: password=hunter2 is wrong", END)))
    assert "hunter2" not in repr(found)
    assert REDACTED in found.lines[0]
    assert REDACTED in found.step


def test_excerpt_is_never_longer_than_it_may_be() -> None:
    source = random.Random(7)
    for _ in range(15):
        words = ("error: ", "x" * source.randint(0, 900), "ä" * 50, "failed ", "\ud800")
        lines = ["".join(source.choices(words, k=source.randint(0, 6))) for _ in range(source.randint(0, 60))]
        found = excerpt_of(a_step(*lines))
        assert len("\n".join(found.lines).encode("utf-8", "surrogatepass")) <= MOST_BYTES


def test_log_that_names_no_error_shows_its_end() -> None:
    found = excerpt_of(a_step(*(f"line {number}" for number in range(100))))
    assert found.lines[-1] == "line 99"
    assert (found.fingerprint, found.truncated) == ("", True)


def test_rules_that_point_outside_the_log_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "cause_lines", lambda lines, green: [99, -1, 1])
    assert "two" in excerpt_of(a_step("one", "two")).lines


def test_one_failure_has_one_fingerprint_wherever_it_happens() -> None:
    one = fingerprint_of(["E  AssertionError: 3 != 4 in /home/runner/work/shop/pay.py:7", END])
    assert one == fingerprint_of(["E  AssertionError: 9 != 8 in /codebuild/src/123/pay.py:9", END])
    assert one != fingerprint_of(["E  AssertionError: 3 != 4 in /home/runner/work/shop/order.py:7", END])
    assert len(one) == 32


@pytest.mark.parametrize("causes", [[], [END], ["137"], ["--- 3"]])
def test_what_says_too_little_has_no_fingerprint(causes: list[str]) -> None:
    assert fingerprint_of(causes) == ""


def test_of_a_long_green_log_the_newest_lines_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.failures.green_lines.MOST_LINES", 3)
    steps = [a_step("one", "two", "three"), a_step("one", "four", "four")]
    assert unpacked(packed(steps)) == {line_hash(line) for line in ("three", "one", "four")}
    assert MOST_LINES * HASH_BYTES <= 32_768
