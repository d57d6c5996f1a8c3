"""Raw logs of GitLab's jobs cut into steps, and the step that failed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.failures.gitlab_steps import END, gitlab_steps
from dashboard.failures.steps import SET_UP, failing_step

ESC = "\x1b"
AT = 1_795_435_200


def start(name: str, header: str, seconds: int = 0) -> str:
    return f"{ESC}[0Ksection_start:{AT + seconds}:{name}\r{ESC}[0K{ESC}[0K{ESC}[36;1m{header}{ESC}[0;m{ESC}[0;m"


def end(name: str, seconds: int = 0) -> str:
    return f"{ESC}[0Ksection_end:{AT + seconds}:{name}\r{ESC}[0K"


def command(text: str) -> str:
    return f"{ESC}[32;1m$ {text}{ESC}[0;m"


LOG = [
    f"{ESC}[0KRunning with gitlab-runner 18.0.0 (abc){ESC}[0;m",
    start("get_sources", "Getting source from Git repository"),
    "Fetching changes...",
    # An end and the next beginning share a line.
    end("get_sources", 5) + start("step_script", 'Executing "step_script" stage of the job script', 5),
    command("make build"),
    "built 10%\rbuilt 100%",
    command("make test"),
    f"{ESC}[0Ksection_start:{AT + 9}:unit[collapsed=true]\r{ESC}[0KUnit tests",
    "E  AssertionError: pay(3) is not 4",
    end("unit", 11),
    "make: *** [test] Error 1",
    end("step_script", 12),
    start("after_script", "Running after_script", 12),
    command("./notify.sh"),
    "notified",
    end("after_script", 13),
    start("cleanup_file_variables", "Cleaning up project directory and file based variables", 13),
    end("cleanup_file_variables", 14),
    f"{ESC}[31;1mERROR: Job failed: exit code 2{ESC}[0;m",
    "",
]


def test_log_is_cut_at_its_sections_and_commands() -> None:
    steps = gitlab_steps("\n".join(LOG))
    assert [step.name for step in steps] == [
        SET_UP,
        "Getting source from Git repository",
        "make build",
        "make test",
        "Unit tests",
        'Executing "step_script" stage of the job script',
        "./notify.sh",
        END,
    ]
    assert steps[1].lines == ("Fetching changes...",)
    assert (steps[1].began, steps[1].ended) == (AT * 1000, (AT + 5) * 1000)
    assert steps[2].lines == ("$ make build", "built 100%")
    assert (steps[4].began, steps[4].ended) == ((AT + 9) * 1000, (AT + 11) * 1000)


def test_step_that_failed_is_the_last_of_the_script_and_not_what_runs_after_it() -> None:
    found = failing_step(gitlab_steps("\n".join(LOG)))
    assert found is not None
    assert found.lines == ("make: *** [test] Error 1", "ERROR: Job failed: exit code 2")


def test_lines_with_times_are_read_alike_and_joined_where_they_go_on() -> None:
    timed = [f"2026-11-23T12:00:00.123456Z 0{number % 2}O {line}" for number, line in enumerate(LOG)]
    timed.insert(6, "2026-11-23T12:00:00.123456Z 01O+ and more")
    plain = [*LOG[:5], LOG[5] + " and more", *LOG[6:]]
    assert gitlab_steps("\n".join(timed)) == gitlab_steps("\n".join(plain))


def test_log_of_an_old_runner_without_sections_is_cut_at_its_commands() -> None:
    steps = gitlab_steps(f"Running\n{command('make')}\nbroken\nERROR: Job failed: exit code 1\n")
    assert [(step.name, step.failed) for step in steps] == [(SET_UP, False), ("make", True)]


def test_job_that_failed_before_its_script_is_blamed_on_where_it_was() -> None:
    log = [start("get_sources", "Getting source"), "fatal: no such ref", end("get_sources"), LOG[-2]]
    found = failing_step(gitlab_steps("\n".join(log)))
    assert found is not None
    assert (found.name, found.lines[0]) == ("Getting source", "fatal: no such ref")


def test_log_of_a_job_that_succeeded_blames_nothing() -> None:
    assert not any(step.failed for step in gitlab_steps("\n".join([*LOG[:-2], "Job succeeded"])))
    assert gitlab_steps("") == []


PIECES = st.sampled_from([*"\n\r\x1b[0;mK:$ x", "section_start:1:a", "section_end:1:a", "ERROR: Job failed"])


@given(st.lists(PIECES).map("".join))
def test_anything_is_cut(log: str) -> None:
    assert all(step.lines for step in gitlab_steps(log))
