"""Options of a connection are what its tool declares, and nothing else."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from dashboard.webhooks.connecting import connect
from storage.store import Store
from tests.factories import BY, a_team


def test_option_of_another_tool_is_no_option_of_this_one(store: Store) -> None:
    with pytest.raises(ValueError, match="GitHub Actions has no option topic_arn"):
        connect(a_team(store).id, "github", BY, options={"topic_arn": "arn:aws:sns:eu-west-1:123456789012:x"})


def test_option_is_kept_without_blanks_and_checked_by_its_tool(store: Store) -> None:
    team, topic = a_team(store), "arn:aws:sns:eu-west-1:123456789012:x"
    made = connect(team.id, "codepipeline", BY, options={"topic_arn": f" {topic}\n"})
    assert made.connection.options == (("topic_arn", topic),)
    with pytest.raises(ValueError, match="not the ARN of an SNS topic"):
        connect(team.id, "codepipeline", BY, options={"topic_arn": "arn:aws:sqs:eu-west-1:123456789012:x"})


def test_command_line_takes_the_options_that_tools_declare(store: Store) -> None:
    topic, said = "arn:aws:sns:eu-west-1:123456789012:x", StringIO()
    call_command("connect", "checkout", "codepipeline", topic_arn=topic, stdout=said)
    call_command("connect", "checkout", "github", stdout=said)
    team = store.teams.find_by_slug("checkout")
    assert team is not None
    kept = {each.source: each.options for each in store.connections.list_of_team(team.id)}
    assert kept == {"codepipeline": (("topic_arn", topic),), "github": ()}
    assert said.getvalue().count("curl -sS http") == 2
    with pytest.raises(CommandError, match="has no option"):
        call_command("connect", "checkout", "github", topic_arn=topic)
