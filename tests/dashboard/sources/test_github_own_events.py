"""What GitHub says of its own webhooks and Apps."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.sources.github import READERS, SOURCE
from dashboard.sources.github.own_events import ENDINGS, LABELS
from tests.dashboard.sources.github_bodies import golden, parse


def test_every_kind_that_is_read_is_asked_for_and_named_in_the_steps():
    assert set(SOURCE.kinds) == set(READERS)
    steps = " ".join(SOURCE.setup)
    assert all(label.strip("“”").lower() in steps.lower() for label in LABELS.values())


@pytest.mark.parametrize(
    ("events", "missing"),
    [
        (["*"], []),
        (list(LABELS), []),
        ([*LABELS, "star"], []),
        (["push"], [label for kind, label in LABELS.items() if kind != "push"]),
        ([kind for kind in LABELS if kind != "workflow_job"], ["“Workflow jobs”"]),
        ([], []),
        (None, []),
        ("push", []),
    ],
)
def test_ping_tells_what_is_not_ticked(events: Any, missing: list[str]):
    reason = parse("ping", {"zen": "x", "hook": {"events": events}}).ignored

    assert reason.startswith("a ping: the connection works")
    assert [label for label in LABELS.values() if label in reason] == missing


def test_needs_are_among_what_a_ping_tells():
    assert {need.told for need in SOURCE.needs} <= set(LABELS.values())


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("created", "the App was installed at acme"),
        ("deleted", "the App was uninstalled from acme"),
        ("suspend", "the App was suspended at acme"),
        ("dreamt of", "the App was changed at acme"),
    ],
)
def test_installation_is_told_in_words(action: str, words: str):
    parsed = parse("installation", golden("installation__deleted") | {"action": action})

    assert (parsed.ignored, parsed.installation) == (words, "52112045")


def test_endings_are_events_that_are_told():
    for ending in ENDINGS:
        for event in (ending.event, ending.undone_by):
            kind, _, action = event.partition(".")
            assert parse(kind, golden("installation__deleted") | {"action": action}).event == event


@pytest.mark.parametrize(("installation", "told"), [({"id": 7}, "7"), ({"id": "x"}, ""), ({}, ""), (None, ""), (7, "")])
def test_run_tells_through_which_installation_it_came(installation: Any, told: str):
    body = golden("deployment_status__succeeded")

    assert parse("deployment_status", body | {"installation": installation}).installation == told
