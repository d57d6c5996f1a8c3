"""Which stage a Buildkite job stands in, and what tells it from others there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dashboard.sources.buildkite_bodies import job


def place(**said: object) -> tuple[str, str, str]:
    found = job(**said)
    return found.stage, found.leg, found.name


@pytest.mark.parametrize(
    ("label", "stage", "leg"),
    [
        ("Lint", "Lint", ""),
        (":rocket: Deploy", "Deploy", "rocket"),
        (":ruby: :test_tube: Test", "Test", "ruby test_tube"),
        ("Build :package:", "Build", "package"),
        (":package:", "package", "package"),
        ("at 10:30:00 sharp", "at 10:30:00 sharp", ""),
        (":ruby::+1: Test", "Test", "ruby +1"),
        ("🚀 Deploy", "🚀 Deploy", ""),
        ("lint: go", "lint: go", ""),
        ("-", "-", ""),
    ],
)
def test_emoji_are_no_part_of_a_stages_name(label: str, stage: str, leg: str):
    assert place(name=label) == (stage, leg, label)


@pytest.mark.parametrize(
    ("said", "called"),
    [
        ({"name": None, "label": "Test"}, "Test"),
        ({"name": None, "step_key": "unit"}, "unit"),
        ({"name": "", "step_key": None, "command": "\n make test\nmake lint"}, "make test"),
        ({"name": None, "step_key": None, "command": None, "type": "trigger"}, "trigger"),
    ],
    ids=str,
)
def test_a_step_without_a_label_goes_by_its_key_or_command(said: dict[str, Any], called: str):
    assert place(**said) == (called, "", called)


@pytest.mark.parametrize(
    ("label", "stage", "called"),
    [
        (":rspec: RSpec", "RSpec", ":rspec: RSpec (2/5)"),
        ("RSpec 1", "RSpec", "RSpec 1"),
        ("RSpec 2", "RSpec", "RSpec 2"),
        ("RSpec 2 of 5", "RSpec", "RSpec 2 of 5"),
        ("RSpec (2/5)", "RSpec", "RSpec (2/5)"),
        ("RSpec #2", "RSpec", "RSpec #2"),
        ("shard-1", "shard", "shard-1"),
        ("Python 3.2", "Python 3.2", "Python 3.2 (2/5)"),
        ("E2E v2", "E2E v2", "E2E v2 (2/5)"),
        ("2", "2", "2 (2/5)"),
    ],
)
def test_parallel_jobs_stand_in_the_stage_of_their_step(label: str, stage: str, called: str):
    assert place(name=label, parallel_group_index=1, parallel_group_total=5) == (stage, "", called)


def test_parallel_jobs_are_told_apart_by_their_number():
    named = {place(name="RSpec", parallel_group_index=n, parallel_group_total=3)[2] for n in range(3)}

    assert named == {"RSpec (1/3)", "RSpec (2/3)", "RSpec (3/3)"}
    assert place(name="RSpec", parallel_group_index=0, parallel_group_total=None)[2] == "RSpec (1)"
    assert place(name="RSpec", parallel_group_index=-1)[2] == "RSpec"


@pytest.mark.parametrize(
    ("label", "matrix", "expected"),
    [
        ("Build", {"os": "linux", "arch": "amd64"}, ("Build", "linux, amd64", "Build (linux, amd64)")),
        ("Build (linux, amd64)", {"os": "linux", "arch": "amd64"}, ("Build", "linux, amd64", "Build (linux, amd64)")),
        ("linux build", {"": "linux"}, ("build", "linux", "linux build")),
        ("linux build", ["linux"], ("build", "linux", "linux build")),
        ("Test on 3.12", 3.12, ("Test", "3.12", "Test on 3.12")),
        ("Test linux", {"os": "linux", "arch": "arm64"}, ("Test", "linux, arm64", "Test linux (linux, arm64)")),
        ("linux", {"os": "linux"}, ("rspec", "linux", "linux")),
        (":ruby: Deploy to staging", {"env": "staging"}, ("Deploy", "staging", ":ruby: Deploy to staging")),
        ("Test py3.12", {"v": "3.12"}, ("Test py3.12", "3.12", "Test py3.12 (3.12)")),
        ("Build", {"nested": {"a": 1}}, ("Build", "", "Build")),
    ],
)
def test_jobs_of_a_matrix_are_legs_of_one_stage(label: str, matrix: object, expected: tuple[str, str, str]):
    assert place(name=label, matrix=matrix) == expected


def test_steps_of_a_group_stand_in_its_stage():
    assert place(name=":brakeman: Brakeman", group_key="audits") == ("audits", "Brakeman", ":brakeman: Brakeman")
    found = place(name="RSpec", group_key="tests", parallel_group_index=0, parallel_group_total=2)
    assert found == ("tests", "RSpec", "RSpec (1/2)")


@pytest.mark.parametrize(
    ("label", "stage"),
    [(":rocket: Release", "Approval: Release"), (None, "Approval: block step"), (":rocket:", "Approval: rocket")],
)
def test_a_block_step_is_an_approval_by_its_name(label: str | None, stage: str):
    assert job(type="manual", name=label, step_key=None, command=None).stage == stage


def test_a_long_label_keeps_what_tells_its_jobs_apart():
    found = {place(name="x" * 300, parallel_group_index=n, parallel_group_total=3)[2] for n in range(3)}

    assert len(found) == 3
    assert {len(name) for name in found} == {200}
