"""The template that sets CodePipeline up: what CloudFormation's own checker says of it, and what stands in it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.sources import SOURCES
from dashboard.sources.codepipeline import LEVELS

URL = "https://transit.example.com/hooks/codepipeline/0123456789abcdef0123456789abcdef"
FILE = SOURCES["codepipeline"].setup_file
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")


@pytest.fixture(scope="module")
def text() -> str:
    assert FILE is not None
    return FILE.content(URL)


class Loader(yaml.SafeLoader):
    """Short forms of functions as pairs of name and argument."""


Loader.add_multi_constructor("!", lambda loader, name, node: (name, loader.construct_scalar(node)))


@pytest.fixture(scope="module")
def resources(text: str) -> dict[str, Any]:
    """By their type."""
    found = yaml.load(text, Loader)["Resources"]  # noqa: S506 - a safe loader
    assert len({one["Type"] for one in found.values()}) == len(found)
    return {one["Type"].removeprefix("AWS::"): one["Properties"] for one in found.values()}


def lint(text: str, folder: Path) -> str:
    path = folder / "template.yaml"
    path.write_text(text)
    command = [sys.executable, "-c", "from cfnlint.runner import main; main()", "--include-checks", "I"]
    done = subprocess.run(
        [*command, "--regions", *REGIONS, "--", str(path)], capture_output=True, text=True, check=False, timeout=120
    )
    return done.stdout + done.stderr


def test_checker_of_cloudformation_finds_nothing(text: str, tmp_path: Path) -> None:
    assert lint(text, tmp_path) == ""


def test_checker_would_find_what_is_wrong(text: str, tmp_path: Path) -> None:
    assert "InvocationEndpoint" in lint(text.replace("      InvocationEndpoint: !Ref WebhookUrl\n", ""), tmp_path)


def test_secret_is_asked_for_and_stands_nowhere(text: str, resources: dict[str, Any]) -> None:
    asked = yaml.load(text, Loader)["Parameters"]["WebhookSecret"]  # noqa: S506 - a safe loader
    assert asked["NoEcho"] is True
    assert "Default" not in asked
    key = resources["Events::Connection"]["AuthParameters"]["ApiKeyAuthParameters"]
    assert (key["ApiKeyName"], key["ApiKeyValue"]) == ("X-Api-Key", ("Ref", "WebhookSecret"))


def test_address_of_the_connection_is_where_events_go(text: str, resources: dict[str, Any]) -> None:
    assert yaml.load(text, Loader)["Parameters"]["WebhookUrl"]["Default"] == URL  # noqa: S506 - a safe loader
    destination = resources["Events::ApiDestination"]
    assert (destination["HttpMethod"], destination["InvocationEndpoint"]) == ("POST", ("Ref", "WebhookUrl"))


def test_address_with_marks_of_yaml_stays_one_text() -> None:
    assert FILE is not None
    odd = 'https://x.example/"{a}": #'
    assert yaml.load(FILE.content(odd), Loader)["Parameters"]["WebhookUrl"]["Default"] == odd  # noqa: S506


def test_every_kind_of_event_that_is_read_is_sent(resources: dict[str, Any]) -> None:
    pattern = resources["Events::Rule"]["EventPattern"]
    assert pattern == {"source": ["aws.codepipeline"], "detail-type": list(LEVELS)}


def test_what_cannot_be_delivered_is_kept(resources: dict[str, Any]) -> None:
    (target,) = resources["Events::Rule"]["Targets"]
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
    assert target["DeadLetterConfig"] == {"Arn": ("GetAtt", "NotDelivered.Arn")}
    assert resources["SQS::Queue"]["MessageRetentionPeriod"] == 1_209_600
    (statement,) = resources["SQS::QueuePolicy"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": ("GetAtt", "StateChanges.Arn")}}


def test_role_may_post_to_that_webhook_and_nothing_else(resources: dict[str, Any]) -> None:
    role = resources["IAM::Role"]
    (policy,) = role["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("events:InvokeApiDestination", ("GetAtt", "Webhook.Arn"))
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": ("Ref", "AWS::AccountId")}}


def test_documentation_names_what_the_template_makes(text: str) -> None:
    page = (Path(__file__).parents[3] / "docs" / "sources" / "codepipeline.md").read_text()
    assert FILE is not None
    assert FILE.name in page
    assert all(kind in page for kind in re.findall(r"Type: AWS::\w+::(\w+)", text))
