"""How each tool posts: its first event, of tests/payloads, with the proof that it gives of the secret it was told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.dashboard.history import fake_azuredevops, fake_buildkite, fake_circleci, fake_jenkins
from tests.dashboard.history.fake_azuredevops import FakeAzureDevOps
from tests.dashboard.history.fake_buildkite import FakeBuildkite
from tests.dashboard.history.fake_circleci import FakeCircleCi
from tests.dashboard.history.fake_gitlab import FakeGitLab
from tests.dashboard.history.fake_jenkins import FakeJenkins
from tests.dashboard.history.fake_organisation import FakeOrganisation
from tests.dashboard.sources.golden import PAYLOADS

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Tool:
    """first: a body of tests/payloads, kind: what the page calls it. line: the pipeline that is then on the board.
    prove: (secret, body) -> headers. takes_any_type: it is answered 200 whatever type it sends. remembers: a fake of
    what it tells of its past, of a FakeTool and a clock, to whoever has the token."""

    source: str
    label: str
    first: str
    kind: str
    line: str
    prove: Callable[[str, bytes], Headers]
    headers: Headers = field(default_factory=dict)
    takes_any_type: bool = False
    remembers: Callable[..., Any] | None = None
    token: str = "a-token-of-mine"

    @property
    def body(self) -> bytes:
        return (PAYLOADS / self.source / f"{self.first}.json").read_bytes()

    def post(self, url: str, secret: str, content_type: str = "application/json") -> int:
        sent = {"Content-Type": content_type, **self.headers, **self.prove(secret, self.body)}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, self.body, sent), timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def __str__(self) -> str:
        return self.source


def _hmac(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _github(secret: str, body: bytes) -> Headers:
    return {"X-Hub-Signature-256": f"sha256={_hmac(secret, body)}", "X-GitHub-Delivery": str(uuid.uuid4())}


def _basic(user: str) -> Callable[[str, bytes], Headers]:
    def prove(secret: str, body: bytes) -> Headers:
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}

    return prove


def _buildkite(secret: str, body: bytes) -> Headers:
    at = str(int(time.time()))
    signature = _hmac(secret, at.encode() + b"." + body)
    return {"X-Buildkite-Signature": f"timestamp={at},signature={signature}"}


TOOLS = (
    Tool(
        "github", "GitHub Actions", "workflow_run__requested", "workflow_run.requested", "checkout-api · CI",
        _github, {"X-GitHub-Event": "workflow_run"}, remembers=FakeOrganisation,
    ),
    Tool(
        "codepipeline", "AWS CodePipeline", "pipeline__started_by_a_push", "pipeline.STARTED", "shop-release",
        lambda secret, body: {"X-Api-Key": secret},
    ),
    Tool(
        "gitlab", "GitLab CI/CD", "Pipeline Hook__created", "pipeline.created", "Storefront",
        lambda secret, body: {"X-Gitlab-Token": secret, "Idempotency-Key": str(uuid.uuid4())},
        {"X-Gitlab-Event": "Pipeline Hook"}, takes_any_type=True, remembers=FakeGitLab,
    ),
    Tool(
        "jenkins", "Jenkins", "notification__queued", "notification.QUEUED", "release",
        _basic("jenkins"), remembers=FakeJenkins, token=fake_jenkins.USER_TOKEN,
    ),
    Tool(
        "buildkite", "Buildkite", "build.running__triggered_by_another_build", "build.running", "Checkout",
        _buildkite, {"X-Buildkite-Event": "build.running"}, remembers=FakeBuildkite,
        token=fake_buildkite.TOKEN,
    ),
    Tool(
        "circleci", "CircleCI", "job-completed__success", "job-completed", "checkout · build-test-deploy",
        lambda secret, body: {"circleci-signature": f"v1={_hmac(secret, body)}"},
        {"circleci-event-type": "job-completed"}, remembers=FakeCircleCi, token=fake_circleci.TOKEN,
    ),
    Tool(
        "azuredevops", "Azure DevOps", "run__began", "run-state-changed.inProgress", "shop-release",
        _basic("bigtransit"), remembers=FakeAzureDevOps, token=fake_azuredevops.TOKEN,
    ),
    Tool(
        "cdevents", "CDEvents", "pipelinerun__started", "pipelinerun.started", "till-deploy",
        lambda secret, body: {"Authorization": f"Bearer {secret}"},
    ),
    Tool(
        "generic", "Any tool or script", "run__running", "run.running", "Shop deployment",
        lambda secret, body: {"X-Signature-256": f"sha256={_hmac(secret, body)}"},
    ),
)  # fmt: skip
