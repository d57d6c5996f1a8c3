"""Tasks of Azure Pipelines' jobs, of which each wrote apart."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.failures.azuredevops_steps import Task, azuredevops_step, tasks_of

NOON = 1_795_435_200_000
RULE = "=" * 78
# As the agent writes it, with seven digits.
LOG = "\n".join(
    f"2026-11-23T12:00:00.1234567Z {line}"
    for line in (
        "##[section]Starting: make test", RULE, "Task         : Command line",
        "Description  : Run a command line script using Bash on Linux", "Version      : 2.250.1",
        "Author       : Microsoft Corporation", "Help         : https://docs.microsoft.com/", RULE,
        "Generating script.",
        "========================== Starting Command Output ===========================",
        "E  AssertionError: pay(3) is not 4", "##[error]Bash exited with code '2'.",
        "##[section]Finishing: make test", "",
    )
)  # fmt: skip


def a_record(name: str, result: str = "succeeded", **changes: Any) -> dict[str, Any]:
    return {
        "type": "Task",
        "parentId": "job",
        "name": name,
        "result": result,
        "order": 2,
        "log": {"id": 6, "type": "Container"},
        "startTime": "2026-11-23T12:00:00.0000000Z",
        "finishTime": "2026-11-23T12:01:00.0000000Z",
        **changes,
    }


def test_tasks_are_told_in_order_with_their_logs() -> None:
    records = [
        a_record("make test", "failed"),
        a_record("Checkout", order=1, log={"id": 5}),
        a_record("Skipped", log=None),
        a_record("Of another job", parentId="other"),
        a_record("The job itself", type="Job"),
    ]
    assert tasks_of(records, "job") == [
        Task("Checkout", 5, False, NOON, NOON + 60_000),
        Task("make test", 6, True, NOON, NOON + 60_000),
    ]


@pytest.mark.parametrize("result", ["failed", "canceled", "abandoned"])
def test_task_failed_where_its_result_says_so(result: str) -> None:
    assert tasks_of([a_record("x", result, order="1")], "job")[0].failed


def test_what_the_agent_writes_around_a_task_is_left_out() -> None:
    step = azuredevops_step(Task("make test", 6, True, NOON, NOON + 1), LOG)
    assert step.lines == (
        "Generating script.",
        "========================== Starting Command Output ===========================",
        "E  AssertionError: pay(3) is not 4",
        "Error: Bash exited with code '2'.",
    )
    assert (step.name, step.failed, step.began) == ("make test", True, NOON)


def test_rule_that_a_command_wrote_itself_stays() -> None:
    own = f"{RULE}\nTask         : our own\nwithout an end\nStarting: the server\n12 passed\nok\n"
    step = azuredevops_step(Task("x", 6, False, None, None), own)
    assert step.lines == (RULE, "Task         : our own", "without an end", "Starting: the server", "12 passed", "ok")
