"""Numbers 1 to 13: proofs of the sender that are missing, broken, borrowed or for something else."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from dashboard.webhooks import fetching
from tests.dashboard.bad_inputs.scene import GITHUB, Scene, through_wsgi
from tests.dashboard.bodies import pipeline_changed
from tests.dashboard.views import test_sns_webhook as by_sns
from tests.dashboard.views.test_sns_webhook import Amazon
from tests.dashboard.visiting import post_github, signature
from tests.factories import SECRET, a_connection, a_team

RIGHT = signature(GITHUB)
DIGEST = RIGHT.removeprefix("sha256=")
WRONG = "sha256=" + "0" * 64
THIRTY_ONE = base64.b64encode(b"x" * 31).decode()


def refused(scene: Scene, answer: Any, source: str = "github") -> bool:
    """401 in the same words for every reason, nothing of the body kept, and one line for whoever looks."""
    assert (answer.status_code, answer.json()) == (401, {"message": "The signature is missing or wrong"})
    assert scene.executions() == {}
    assert scene.board() == []
    return [(noted.outcome, noted.event) for noted in scene.noted(source)] == [("refused", "")]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("", id="1-empty"),
        # What a server makes of a header that was sent twice.
        pytest.param(f"{RIGHT},{WRONG}", id="1-right-then-wrong"),
        pytest.param(f"{WRONG},{RIGHT}", id="1-wrong-then-right"),
        pytest.param(f"{RIGHT}, {RIGHT}", id="1-right-twice"),
        pytest.param("sha256=", id="2-no-digest"),
        pytest.param(RIGHT[:-1], id="2-63-characters"),
        pytest.param(RIGHT + "0", id="2-65-characters"),
        pytest.param(f"sha256={DIGEST.upper()}", id="2-upper-case"),
        pytest.param(f"sha1={DIGEST}", id="3-sha1"),
        pytest.param(f"SHA256={DIGEST}", id="3-upper-case-word"),
        pytest.param(f"v2,{DIGEST}", id="3-v2"),
        pytest.param(f"sha256:{DIGEST}", id="3-colon"),
        pytest.param(DIGEST, id="3-no-word"),
        pytest.param(f"sha256={DIGEST[:-1]}é", id="4-latin"),
        pytest.param(f"sha256={DIGEST[:-1]}𝟎", id="4-digit-of-another-plane"),
        pytest.param(f"{RIGHT}\x00", id="4-nul"),
        pytest.param(f"{RIGHT}\x7f", id="4-del"),
        pytest.param(f"\t{RIGHT}", id="4-tab"),
        pytest.param(f"sha256=\ud800{DIGEST}", id="4-half-a-surrogate"),
        pytest.param("sha256=" + "a" * 8192, id="5-8-kb"),
        pytest.param(" ".join([RIGHT] * 1000), id="5-thousand-candidates"),
        pytest.param(f"v1{DIGEST}", id="6-v1-without-comma"),
        pytest.param("v1,%%%", id="6-broken-base64"),
        pytest.param(f"v1,{THIRTY_ONE}", id="6-base64-of-31-bytes"),
    ],
)
def test_odd_signature_is_refused_and_nothing_is_kept(scene: Scene, given: str) -> None:
    assert refused(scene, scene.post("github", GITHUB, **{"X-Hub-Signature-256": given}))


def test_1_post_without_any_proof_is_refused(scene: Scene) -> None:
    reply = through_wsgi(scene.path("github"), GITHUB, {"X-GitHub-Event": "workflow_run"})
    assert reply.status == 401
    assert scene.executions() == {}


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"X-Api-Key": ""}, id="1-empty"),
        pytest.param({"X-Api-Key": f"{SECRET},{SECRET}"}, id="1-right-twice"),
        pytest.param({"Authorization": "Bearer wrong"}, id="1-right-and-wrong"),
        pytest.param({"X-Api-Key": SECRET[:-1]}, id="2-one-short"),
        pytest.param({"X-Api-Key": SECRET.upper()}, id="2-upper-case"),
        pytest.param({"X-Api-Key": "", "Authorization": f"Token {SECRET}"}, id="3-another-word"),
        pytest.param({"X-Api-Key": SECRET + "\x00"}, id="4-nul"),
        pytest.param({"X-Api-Key": "\ud800é"}, id="4-not-ascii"),
        pytest.param({"X-Api-Key": SECRET * 400}, id="5-8-kb"),
        pytest.param({"X-Api-Key": "", "Authorization": "Bearer " + " ".join([SECRET] * 1000)}, id="5-candidates"),
        pytest.param({"X-Api-Key": SECRET, "Authorization": "Basic %%%"}, id="6-broken-base64"),
        pytest.param({"X-Api-Key": SECRET, "Authorization": f"Basic {THIRTY_ONE}"}, id="6-no-colon"),
        pytest.param({"X-Api-Key": SECRET, "Authorization": basic("any:wrong")}, id="6-wrong-password"),
    ],
)
def test_odd_secret_is_refused_and_nothing_is_kept(scene: Scene, headers: dict[str, str]) -> None:
    assert refused(scene, scene.post("codepipeline", pipeline_changed(), **headers), "codepipeline")


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(json.dumps(json.loads(GITHUB), separators=(",", ":")).encode(), id="7-without-spaces"),
        pytest.param(json.dumps(json.loads(GITHUB), sort_keys=True).encode(), id="7-sorted"),
        pytest.param(GITHUB + b"\n", id="8-newline-added"),
        pytest.param(GITHUB[:-1] + b" }", id="8-space-added"),
        pytest.param(GITHUB.replace(b"5001", b"5002", 1), id="8-one-byte-changed"),
        pytest.param(GITHUB[:-1], id="8-one-byte-short"),
        pytest.param(b"", id="8-nothing-left"),
    ],
)
def test_body_changed_after_signing_is_refused(scene: Scene, sent: bytes) -> None:
    assert refused(scene, scene.post("github", sent, **{"X-Hub-Signature-256": RIGHT}))


def test_9_signature_of_one_connection_is_nothing_to_another(scene: Scene) -> None:
    other = a_connection(scene.store, a_team(scene.store, "Cart", "cart").id, secret="quite another secret")
    assert post_github(other, GITHUB).status_code == 401
    assert scene.store.pipelines.list_board(other.team_id) == []
    assert post_github(scene.github, GITHUB).status_code == 202


def test_9_secret_of_one_source_is_nothing_to_another(scene: Scene) -> None:
    assert scene.post("github", GITHUB, **{"X-Hub-Signature-256": "", "X-Api-Key": SECRET}).status_code == 401
    assert scene.post("codepipeline", GITHUB, **{"X-Api-Key": "", "X-Hub-Signature-256": RIGHT}).status_code == 401


# Amazon SNS


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("", id="1-empty"),
        pytest.param("é\x00", id="4-not-ascii"),
        pytest.param("A" * 8192, id="5-8-kb"),
        pytest.param("%%%", id="6-broken-base64"),
        pytest.param(THIRTY_ONE, id="6-base64-of-31-bytes"),
    ],
)
def test_odd_signature_of_a_message_is_refused(
    scene: Scene, amazon: Amazon, key: rsa.RSAPrivateKey, given: str
) -> None:
    message = {**by_sns.message(key), "Signature": given}
    assert refused(scene, by_sns.post(scene.codepipeline, message), "codepipeline")


@pytest.mark.parametrize("version", ["", "0", "3", "SHA256", "2\n"], ids=lambda version: f"13-{version!r}")
def test_unknown_signature_version_is_refused(
    scene: Scene, amazon: Amazon, key: rsa.RSAPrivateKey, version: str
) -> None:
    message = {**by_sns.message(key), "SignatureVersion": version}
    assert refused(scene, by_sns.post(scene.codepipeline, message), "codepipeline")


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(by_sns.CERTIFICATE.replace(".com/", ".com.evil.io/"), id="12-longer-host"),
        pytest.param(by_sns.CERTIFICATE.replace("//", "//sns@evil.io/"), id="12-userinfo"),
        pytest.param(by_sns.CERTIFICATE.replace(".com/", ".com:444/"), id="12-port"),
        pytest.param(by_sns.CERTIFICATE.replace("https", "http"), id="12-http"),
        pytest.param(by_sns.CERTIFICATE.replace("/Simple", "/../Simple"), id="12-dots"),
        pytest.param("https://[::1", id="12-no-address"),
        pytest.param("x" * 100_000, id="12-long"),
    ],
)
def test_certificate_from_elsewhere_is_not_fetched(
    scene: Scene, amazon: Amazon, key: rsa.RSAPrivateKey, url: str
) -> None:
    assert refused(scene, by_sns.post(scene.codepipeline, by_sns.message(key, SigningCertURL=url)), "codepipeline")
    assert amazon.asked == []


def test_13_confirmation_for_a_foreign_topic_is_not_followed(
    scene: Scene, amazon: Amazon, key: rsa.RSAPrivateKey
) -> None:
    foreign = by_sns.message(key, "SubscriptionConfirmation", TopicArn=by_sns.FOREIGN)
    assert refused(scene, by_sns.post(scene.codepipeline, foreign), "codepipeline")
    assert amazon.asked == []


@contextmanager
def redirecting() -> Iterator[tuple[str, list[str]]]:
    """A server that sends everybody elsewhere, and the paths it was asked for."""
    asked: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "/elsewhere.pem")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_12_redirect_is_not_followed() -> None:
    with redirecting() as (url, asked):
        with pytest.raises(OSError, match="302") as caught:
            fetching.fetch(f"{url}/here.pem")
        caught.value.close()  # type: ignore[attr-defined]
        assert asked == ["/here.pem"]
