"""What runs of Jenkins wrote, cut into stages or commands."""

from __future__ import annotations

import pytest

from dashboard.failures.jenkins_steps import jenkins_steps
from dashboard.failures.steps import failing_step

PIPELINE = """Started by user Ada
[Pipeline] Start of Pipeline
[Pipeline] node
Running on agent-7 in /home/jenkins/workspace/release
[Pipeline] {
[Pipeline] stage
[Pipeline] { (Build)
[Pipeline] sh
+ make
cc -o shop shop.c
[Pipeline] }
[Pipeline] // stage
[Pipeline] stage
[Pipeline] { (Test)
[Pipeline] parallel
[Pipeline] { (Branch: unit)
[Pipeline] sh
[unit] + make test
[unit] E  AssertionError: pay(3) is not 4
[Pipeline] }
[Pipeline] // stage
[Pipeline] stage
[Pipeline] { (Deploy)
Stage "Deploy" skipped due to earlier failure(s)
[Pipeline] }
[Pipeline] // stage
[Pipeline] stage
[Pipeline] { (Declarative: Post Actions)
[Pipeline] echo
so sad
[Pipeline] }
[Pipeline] // node
[Pipeline] End of Pipeline
ERROR: script returned exit code 2
Finished: FAILURE
"""
FREESTYLE = """Started by timer
Building in workspace /var/jenkins/workspace/nightly
[nightly] $ /bin/sh -xe /tmp/jenkins123.sh
+ make
cc -o shop shop.c
+ make test
E  AssertionError: pay(3) is not 4
Build step 'Execute shell' marked build as failure
Finished: FAILURE
"""


def test_pipeline_is_cut_into_its_stages_of_which_the_last_that_ran_failed() -> None:
    steps = jenkins_steps(PIPELINE)
    assert [(step.name, step.failed) for step in steps] == [
        ("Set up job", False),
        ("Build", False),
        ("Test", True),
        ("Declarative: Post Actions", False),
    ]
    failed = failing_step(steps)
    assert failed is not None
    assert failed.lines == (
        "[unit] + make test",
        "[unit] E  AssertionError: pay(3) is not 4",
        "ERROR: script returned exit code 2",
        "Finished: FAILURE",
    )


def test_freestyle_run_is_cut_into_its_commands() -> None:
    steps = jenkins_steps(FREESTYLE)
    assert [(step.name, step.failed) for step in steps] == [
        ("Set up job", False),
        ("make", False),
        ("make test", True),
    ]
    assert steps[-1].lines[0] == "E  AssertionError: pay(3) is not 4"


def test_times_before_each_line_are_taken_away() -> None:
    stamped = "".join(f"[2026-11-23T12:00:00.123Z] {line}\n" for line in PIPELINE.splitlines())
    assert jenkins_steps(stamped) == jenkins_steps(PIPELINE)


def test_green_run_has_no_step_that_failed() -> None:
    green = PIPELINE.replace("ERROR: script returned exit code 2\nFinished: FAILURE", "Finished: SUCCESS")
    steps = jenkins_steps(green)
    assert not any(step.failed for step in steps)
    assert steps[-1].lines == ("Finished: SUCCESS",)


@pytest.mark.parametrize("log", ["", "\n\n"])
def test_run_that_wrote_nothing_has_no_steps(log: str) -> None:
    assert jenkins_steps(log) == []


def test_log_whose_beginning_was_cut_off_is_read_all_the_same() -> None:
    cut = PIPELINE.partition("[Pipeline] { (Test)")[2].partition("[Pipeline] End of Pipeline")[0]
    steps = jenkins_steps(f"{cut}Finished: ABORTED\n")
    assert [step.name for step in steps if step.failed] == ["Set up job"]
