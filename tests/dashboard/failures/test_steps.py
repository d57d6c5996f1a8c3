"""Raw logs cut into steps, and the step that failed."""

from __future__ import annotations

from datetime import UTC, datetime

from dashboard.failures.steps import CLEAN_UP, SET_UP, ToldStep, codebuild_steps, failing_step, github_steps

NOON = 1_795_435_200_000


def raw(*lines: str) -> str:
    """A second apart, from noon on."""

    def stamp(number: int) -> str:
        at = datetime.fromtimestamp(NOON / 1000 + number, UTC)
        return at.strftime("%Y-%m-%dT%H:%M:%S.1234567Z")

    return "\ufeff" + "".join(f"{stamp(number)} {line}\n" for number, line in enumerate(lines))


LOG = raw(
    "Current runner version: '2.330.0'", "##[group]Run actions/checkout@v5", "with:", "##[endgroup]", "Syncing",
    "##[group]Run npm run lint", "##[endgroup]", "##[error]lint: 3 problems", "##[group]Run make test", "make test",
    "##[endgroup]", "FAILED test_pay.py", "##[error]Process completed with exit code 2.", "##[group]Run ./upload.sh",
    "##[endgroup]", "uploading", "Post job cleanup.", "Cleaning up",
)  # fmt: skip


def test_log_of_github_is_cut_at_its_commands() -> None:
    steps = github_steps(LOG)
    assert [step.name for step in steps] == [
        SET_UP, "Run actions/checkout@v5", "Run npm run lint", "Run make test", "Run ./upload.sh", CLEAN_UP,
    ]  # fmt: skip
    test = steps[3]
    assert test.lines == (
        "Run make test",
        "make test",
        "FAILED test_pay.py",
        "Error: Process completed with exit code 2.",
    )
    assert (test.began, test.ended, test.failed) == (NOON + 8000, NOON + 12_000, True)


def test_step_that_failed_is_the_last_that_says_so() -> None:
    found = failing_step(github_steps(LOG))
    assert found is not None
    assert found.name == "Run make test"


def test_step_that_failed_is_the_one_the_tool_names_by_its_time() -> None:
    told = ToldStep("Lint", NOON + 5000, NOON + 7000)
    found = failing_step(github_steps(LOG), [told])
    assert found is not None
    assert (found.name, found.lines[-1]) == ("Lint", "Error: lint: 3 problems")


def test_step_without_times_is_found_by_its_name() -> None:
    found = failing_step(github_steps(LOG), [ToldStep("Run npm run lint")])
    assert found is not None
    assert found.name == "Run npm run lint"
    assert failing_step(github_steps(LOG), [ToldStep("Never heard of")]) == failing_step(github_steps(LOG))


def test_step_that_was_killed_says_nothing_and_is_found_by_its_name() -> None:
    found = failing_step(github_steps(LOG), [ToldStep("Run ./upload.sh", NOON + 13_000, NOON + 15_000)])
    assert found is not None
    assert found.lines[-1] == "uploading"


def test_empty_log_has_no_step() -> None:
    assert failing_step(github_steps("")) is None
    assert failing_step(codebuild_steps("\n")) is None


def test_log_that_begins_in_the_middle_is_a_step_all_the_same() -> None:
    found = failing_step(github_steps("of a line\nError here\n"))
    assert found is not None
    assert found.lines == ("of a line", "Error here")


BUILD = """[Container] 2026/11/23 12:00:00.1 Entering phase BUILD
[Container] 2026/11/23 12:00:00.2 Running command npm ci
added 3 packages
[Container] 2026/11/23 12:00:09.3 Running command npm test
FAIL pay.test.js
[Container] 2026/11/23 12:00:12.4 Command did not exit successfully npm test exit status 1
[Container] 2026/11/23 12:00:12.5 Phase complete: BUILD State: FAILED
[Container] 2026/11/23 12:00:12.6 Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing command: npm test. Reason: exit status 1
[Container] 2026/11/23 12:00:12.7 Entering phase POST_BUILD
[Container] 2026/11/23 12:00:12.8 Running command ./report.sh
reported
[Container] 2026/11/23 12:00:13.9 Phase complete: POST_BUILD State: SUCCEEDED
"""  # noqa: E501


def test_log_of_codebuild_is_cut_at_its_commands_and_its_failed_phase_tells() -> None:
    found = failing_step(codebuild_steps(BUILD))
    assert found is not None
    assert found.name == "npm test"
    assert "FAIL pay.test.js" in found.lines
    assert found.lines[-1].startswith("Phase context status code")
    assert "added 3 packages" not in found.lines


def test_command_that_did_not_exit_successfully_failed_whatever_ran_after_it() -> None:
    report = "[Container] 2026/11/23 12:00:12.45 Running command docker logout\nlogged out\n"
    head, failed, tail = BUILD.partition("[Container] 2026/11/23 12:00:12.5 ")
    found = failing_step(codebuild_steps(head + report + failed + tail))
    assert found is not None
    assert found.name == "npm test"
    assert found.lines[-1].startswith("Phase context status code")


def test_phase_that_ran_out_of_time_failed() -> None:
    found = failing_step(codebuild_steps(BUILD.replace("State: FAILED", "State: TIMED_OUT")))
    assert found is not None
    assert found.name == "npm test"
