"""Buildkite's logs cut into groups, and the one that failed."""

from __future__ import annotations

from dashboard.failures.buildkite_steps import buildkite_steps
from dashboard.failures.steps import SET_UP, failing_step

NOON = 1_795_435_200_000


def raw(*lines: str) -> str:
    """A second apart, from noon on, as the agent writes them."""
    return "".join(f"\x1b_bk;t={NOON + number * 1000}\x07{line}\r\n" for number, line in enumerate(lines))


LOG = raw(
    "\x1b[90m# agent 3.90\x1b[0m", "~~~ Preparing working directory", "$ git clone",
    "\x1b[33m--- :package: Install\x1b[0m", "npm ci", "error: optional dependency skipped", "+++ Test",
    "\x1b[90m$\x1b[0m make test", "downloading 10%\rdownloading 100%", "FAILED test_pay.py",
    "\x1b[31m🚨 Error: The command exited with status 2\x1b[0m", "^^^ +++", "user command error: exit status 2",
    "~~~ Running global pre-exit hook", "$ /etc/pre-exit", "",
)  # fmt: skip


def test_log_is_cut_at_its_groups() -> None:
    steps = buildkite_steps(LOG)
    assert [step.name for step in steps] == [
        SET_UP, "Preparing working directory", ":package: Install", "Test", "Running global pre-exit hook",
    ]  # fmt: skip
    test = steps[3]
    assert test.lines == (
        "$ make test",
        "downloading 100%",
        "FAILED test_pay.py",
        "🚨 Error: The command exited with status 2",
        "user command error: exit status 2",
    )
    assert (test.began, test.ended, test.failed) == (NOON + 6000, NOON + 12_000, True)
    assert [step.failed for step in steps] == [False, False, False, True, False]


def test_group_that_failed_is_the_one_that_was_opened_or_has_the_agents_error() -> None:
    for marker in ("^^^ +++", "🚨 Error: The command exited with status 1"):
        found = failing_step(buildkite_steps(raw("--- Lint", "lint: 3 problems", marker, "~~~ Upload", "uploading")))
        assert found is not None
        assert (found.name, found.lines[0]) == ("Lint", "lint: 3 problems")


def test_tests_of_go_and_differences_are_no_groups() -> None:
    lines = ("=== RUN TestPay", "--- FAIL: TestPay (0.00s)", "--- Expected", "+++ Actual", "@@ -1 +1 @@", "-3", "+4")
    (step,) = buildkite_steps(raw("+++ Test", *lines, "^^^ +++"))
    assert (step.name, step.lines, step.failed) == ("Test", lines, True)
    assert [step.name for step in buildkite_steps("--- Expected\n+++ Actual\n")] == [SET_UP]


def test_log_without_groups_or_times_is_one_step() -> None:
    (step,) = buildkite_steps("--not a group\n+++\nboom\n---x\n")
    assert step == (SET_UP, ("--not a group", "+++", "boom", "---x"), None, None, False)
    assert buildkite_steps("") == []
