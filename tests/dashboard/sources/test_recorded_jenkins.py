"""What Jenkins' plugins and their documentation really sent: every body of the corpus, as it is and with a time."""

from __future__ import annotations

import json
from typing import Any

from dashboard.sources.kit.source import Parsed
from storage.model.entities import Status
from storage.model.events import ActionChanged, ExecutionChanged, PipelineRef, StageChanged
from tests.dashboard.sources.corpus import CORPUS, needs_corpus, read, recorded
from tests.dashboard.sources.jenkins_bodies import parse

pytestmark = needs_corpus
TOO_OLD = "no timestamp: this Notification plugin is too old to say when; update it"


def with_a_time(name: str) -> Parsed:
    """As a newer plugin sends it."""
    body: dict[str, Any] = json.loads((CORPUS / "jenkins" / f"{name}.json").read_text())
    body["build"]["timestamp"] = 1772445930000
    return parse(body)


def test_every_recorded_body_is_ignored_for_a_stated_reason() -> None:
    """None of them says when."""
    found = {path.stem: read(f"jenkins/{path.name}") for path in recorded("jenkins")}
    assert {name: (each.event, each.ignored) for name, each in found.items()} == {
        "cdevents-plugin.customData.pipelinerun-started": (
            "notification",
            "the custom data of a CDEvent without the event: neither what happened nor when",
        ),
        "notification.COMPLETED.SUCCESS": ("notification.COMPLETED", TOO_OLD),
        "notification.help-sample.STARTED": ("notification.STARTED", TOO_OLD),
    }


def test_recorded_success() -> None:
    shared: dict[str, Any] = {
        "pipeline": PipelineRef(
            source="jenkins",
            key="localhost:8080/job/asgard",
            name="asgard",
            url="http://localhost:8080/job/asgard/",
            repository="evgeny-goldin/asgard",
            host="localhost:8080",
            place="localhost:8080",
        ),
        "execution": "job/asgard/18",
        "at": 1772445930000,
        "status": Status.SUCCEEDED,
        "raw_status": "SUCCESS",
        "finished": True,
        "finished_at": 1772445930000,
        "url": "http://localhost:8080/job/asgard/18/",
    }
    commit, console = "c6d86dc654b12425e706bcf951adfe5a8627a517", f"{shared['url']}console"
    assert with_a_time("notification.COMPLETED.SUCCESS").events == (
        ExecutionChanged(number="18", branch="master", commit=commit, **shared),
        StageChanged(stage="asgard", tells_run=False, stands_for_run=True, **shared),
        ActionChanged(stage="asgard", action="console", name="Console", tells_run=False, **{**shared, "url": console}),
    )


def test_word_of_the_help_that_jenkins_never_sends_is_unknown() -> None:
    run, stage = with_a_time("notification.help-sample.STARTED").events
    for event in (run, stage):
        assert (event.execution, event.status, event.raw_status) == ("JobUrl/1", Status.UNKNOWN, "FAILED")
        assert not event.finished


def test_recorded_custom_data_in_an_event_begins_its_run() -> None:
    custom = json.loads((CORPUS / "jenkins" / "cdevents-plugin.customData.pipelinerun-started.json").read_text())
    context = {
        "id": "1",
        "type": "dev.cdevents.pipelinerun.started.0.1.0",
        "source": "job/PipelineTest/16/",
        "timestamp": "2026-03-02T10:05:30Z",
    }
    run, _ = parse({"context": context, "subject": {"id": "16"}, "customData": custom}).events
    assert isinstance(run, ExecutionChanged)
    assert (run.execution, run.number, run.status) == ("job/PipelineTest/16", "16", Status.RUNNING)
    assert run.url == "http://localhost:8080/jenkins/job/PipelineTest/16/"
    assert run.pipeline.key == "localhost:8080/jenkins/job/PipelineTest"
