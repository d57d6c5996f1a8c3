"""Bodies that prove who sends them and are wrong all the same: taken or refused with words, and every page that shows
what came of them is there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.test import Client

from storage.store import Store
from tests.dashboard.bad_inputs.bodies import of_stage, workflow_job
from tests.dashboard.bad_inputs.scene import Scene, all_shown, build
from tests.dashboard.bodies import GithubRun, PipelineExecution, pipeline_changed, workflow_run
from tests.dashboard.hostile.asking import check
from tests.dashboard.hostile.drawing import SEED, TIMES, Drawing
from tests.dashboard.hostile.test_routes import faults_in
from tests.dashboard.views.test_sns_webhook import Amazon, amazon, key, message
from tests.dashboard.visiting import Visitor
from tests.factories import SECRET, administrator

__all__ = ["amazon", "key"]

RUN = GithubRun(5001, 20)
GITHUB: Sequence[tuple[str, dict[str, Any]]] = (
    ("workflow_run", workflow_run()),
    ("workflow_run", workflow_run(status="completed", conclusion="failure")),
    ("workflow_run", RUN.told("in_progress", 5, attempt=2, again=6)),
    ("workflow_job", workflow_job()),
    ("workflow_job", RUN.job("test (3.11, linux)", "in_progress", 4)),
    ("deployment_status", {
        "action": "created",
        "deployment_status": {"id": 9, "state": "success", "environment": "production",
                              "created_at": "2026-11-23T11:59:00Z",
                              "updated_at": "2026-11-23T11:59:00Z", "target_url": "https://example.com"},
        "deployment": {"id": 8, "environment": "production", "sha": RUN.more.get("sha", "7" * 40), "ref": "main",
                       "created_at": "2026-11-23T11:58:00Z"},
        "workflow_run": RUN.told("in_progress", 5)["workflow_run"],
        "repository": RUN.repository,
    }),
)  # fmt: skip
EXECUTION = PipelineExecution(7)
CODEPIPELINE: Sequence[dict[str, Any]] = (
    pipeline_changed(),
    EXECUTION.told("SUCCEEDED", 3),
    EXECUTION.told("FAILED", 2, **{"execution-trigger": {"trigger-type": "Webhook", "trigger-detail": "arn"}}),
    EXECUTION.stage("Deploy", "STARTED", 4),
    EXECUTION.action("Approve", "Ask", "STARTED", 4, "Approval"),
    EXECUTION.action("Source", "Source", "SUCCEEDED", 5, "Source", **{
        "execution-result": {"external-execution-url": "https://example.com", "external-execution-summary": "{}",
                             "external-execution-id": "7c3e1fa0"},
        "output-artifacts": [{"name": "a", "s3location": {"bucket": "b", "key": "k"}}],
    }),
    of_stage("Build"),
    {"detailType": "x", "account": "1", "notificationRuleArn": "arn", **pipeline_changed(), "additionalAttributes": {
        "sourceActions": [{"sourceActionName": "S", "sourceActionProvider": "GitHub",
                           "sourceActionVariables": {"BranchName": "main", "CommitId": "7c3e1fa0"}}],
        "failedActions": [{"action": "a", "additionalInformation": "b"}], "failedStage": "Build",
    }},
)  # fmt: skip
# Of each kind of body.
GITHUB_EACH, CODEPIPELINE_EACH, ENVELOPES, SIGNED = 100, 100, 300, 150


@pytest.fixture
def scene(store: Store) -> Scene:
    return build(store)


def refused_as_it_should_be(raw: bytes, answer: Any) -> bool:
    """Whether what is no JSON object at all was answered 400, and nothing but what is contracted was answered."""
    code = answer.status_code
    if len(raw) > settings.MAX_BODY:
        return bool(code == 413)
    if code not in (200, 202, 400):
        return False
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return bool(code == 400 and answer.json()["path"])
    return isinstance(value, dict) or code == 400


def _after(scene: Scene, caplog: pytest.LogCaptureFixture, bad: Sequence[str]) -> None:
    assert not bad, f"seed {SEED}, {len(bad)} faults:\n" + "\n".join(bad[:9])
    neighbours = scene.of_neighbours()
    assert neighbours
    assert all_shown(Visitor(scene.store, administrator(scene.store)), scene)
    assert faults_in(caplog) == []


def test_mutated_bodies_of_github_are_taken_or_refused_with_words(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    draw, bad, before = Drawing(SEED), list[str](), scene.of_neighbours()
    for event, body in GITHUB:
        for _ in range(GITHUB_EACH * TIMES):
            raw = draw.encoded(draw.mutated(body))
            told = draw.header()[:200] if draw.chance(0.05) else event
            answer = scene.post("github", raw, told, draw.header()[:300] if draw.chance(0.1) else "")
            check((event, raw[:2000]), answer)
            if not refused_as_it_should_be(raw, answer):
                bad.append(f"{answer.status_code} {event} {raw[:2000]!r}")
    assert scene.of_neighbours() == before
    _after(scene, caplog, bad)


def test_mutated_bodies_of_codepipeline_are_taken_or_refused_with_words(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    draw, bad = Drawing(SEED), list[str]()
    for body in CODEPIPELINE:
        for _ in range(CODEPIPELINE_EACH * TIMES):
            raw = draw.encoded(draw.mutated(body))
            answer = scene.post("codepipeline", raw)
            check(raw[:2000], answer)
            if not refused_as_it_should_be(raw, answer):
                bad.append(f"{answer.status_code} {raw[:2000]!r}")
    _after(scene, caplog, bad)


def test_mutated_envelopes_of_sns_are_refused_and_nothing_is_fetched_but_certificates(
    scene: Scene, amazon: Amazon, key: rsa.RSAPrivateKey, caplog: pytest.LogCaptureFixture
) -> None:
    draw, path = Drawing(SEED), scene.path("codepipeline")
    for kind in ("Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"):
        whole = message(key, kind)
        for _ in range(ENVELOPES * TIMES):
            raw = draw.encoded(draw.mutated(whole))
            headers = {"x-amz-sns-message-type": draw.header()[:200] if draw.chance(0.1) else kind}
            if draw.chance(0.3):
                headers["X-Api-Key"] = SECRET
            meta: dict[str, Any] = {"CONTENT_LENGTH": str(len(raw)), "CONTENT_TYPE": "text/plain; charset=UTF-8"}
            answer = Client().generic("POST", path, raw, headers=headers, **meta)
            check((kind, raw[:2000]), answer)
            assert answer.status_code in (200, 202, 400, 401, 413), raw
    assert all(url.startswith("https://sns.us-east-1.amazonaws.com/") for url in amazon.asked)
    _after(scene, caplog, [])


def test_envelopes_signed_by_amazon_around_odd_words_are_taken_or_refused(
    scene: Scene, amazon: Amazon, key: rsa.RSAPrivateKey, caplog: pytest.LogCaptureFixture
) -> None:
    draw = Drawing(SEED)
    for _ in range(SIGNED * TIMES):
        words = draw.encoded(draw.mutated(draw.one(CODEPIPELINE))).decode("utf-8", "replace")[:200_000]
        body = message(key, Message=words, **({"Subject": draw.text()} if draw.chance(0.3) else {}))
        headers = {"x-amz-sns-message-type": "Notification"}
        raw = json.dumps(body).encode()
        answer = Client().generic("POST", scene.path("codepipeline"), raw, "text/plain", headers=headers)
        check(words[:2000], answer)
        assert answer.status_code in (200, 202, 400, 401), words
    _after(scene, caplog, [])
