"""What becomes of a GitLab pipeline of three stages: compile, then unit beside lint, then production."""

from __future__ import annotations

from tests.dashboard.gitlab_pipelines import Running


def begun(**said: object) -> Running:
    """Three stages, of which the last waits until it is let begin, as `said`."""
    found = Running()
    found.add("build", "compile")
    found.add("test", "unit")
    found.add("test", "lint", may_fail=True)
    found.add("deploy", "production", environment="production", **said)
    found.now("pending")
    found.second += 1
    found.job("compile", "pending")
    found.second += 1
    found.job("compile", "running")
    found.now("running")
    found.second += 60
    found.job("compile", "success")
    return found


def green() -> Running:
    found = begun()
    found.runs("lint", "failed", reason="script_failure")
    found.runs("unit")
    found.runs("production")
    found.now("success")
    return found


def red() -> Running:
    found = begun()
    found.runs("lint")
    found.runs("unit", "failed", reason="script_failure")
    found.job("production", "skipped")
    found.now("failed")
    return found


def a_job_run_again() -> Running:
    """The one that failed, by its own button: the pipeline goes on by itself."""
    found = red()
    found.second += 300
    found.retry("unit")
    found.now("running")
    found.runs("unit")
    found.runs("production")
    found.now("success")
    return found


def run_again_in_vain() -> Running:
    found = red()
    found.second += 300
    found.retry("unit")
    found.now("running")
    found.runs("unit", "failed", reason="script_failure")
    found.job("production", "skipped")
    found.now("failed")
    return found


def run_again_by_itself() -> Running:
    """`retry:` in the file: the pipeline never failed."""
    found = begun()
    found.runs("lint")
    found.runs("unit", "failed", reason="runner_system_failure")
    found.retry("unit")
    found.runs("unit")
    found.runs("production")
    found.now("success")
    return found


def waits() -> Running:
    found = begun(manual=True)
    found.runs("lint")
    found.runs("unit")
    found.job("production", "manual")
    found.now("manual")
    return found


def let_begin() -> Running:
    found = waits()
    found.second += 3600
    found.job("production", "pending")
    found.now("pending")
    found.second += 5
    found.job("production", "running")
    found.now("running")
    return found


def let_begin_and_ended() -> Running:
    found = let_begin()
    found.second += 90
    found.job("production", "success")
    found.now("success")
    return found


def optional() -> Running:
    """A manual job that may be left out: the pipeline has succeeded without it."""
    found = begun(manual=True, may_fail=True)
    found.runs("lint")
    found.runs("unit")
    found.job("production", "manual")
    found.now("success")
    return found


def optional_let_begin() -> Running:
    found = optional()
    found.second += 3600
    found.job("production", "pending")
    found.now("running")
    found.second += 5
    found.job("production", "running")
    return found


def optional_let_begin_and_ended() -> Running:
    found = optional_let_begin()
    found.second += 90
    found.job("production", "success")
    found.now("success")
    return found


def optional_beside_what_goes_on() -> Running:
    """A manual job that may be left out holds up neither its stage nor the next one."""
    found = begun()
    found.add("test", "demo", manual=True, may_fail=True)
    found.runs("lint")
    found.runs("unit")
    found.job("demo", "manual")
    found.job("production", "waiting_for_resource")
    found.now("waiting_for_resource")
    return found


def canceled() -> Running:
    found = begun()
    found.job("unit", "pending")
    found.second += 2
    found.job("unit", "running")
    found.now("canceling")
    found.second += 1
    for name in ("unit", "lint", "production"):
        found.job(name, "canceled")
    found.now("canceled")
    return found


def all_within_a_second() -> Running:
    """Of whole seconds nothing is left that tells an order."""
    found = Running(stages=("build",))
    found.add("build", "compile")
    for word in ("pending", "running"):
        found.job("compile", word)
        found.now(word)
    found.job("compile", "success")
    found.now("success")
    return found
