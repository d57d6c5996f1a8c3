"""CodePipeline events that come through Amazon SNS, signed with a certificate made here."""

from __future__ import annotations

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import IncompleteRead
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from django.test import Client

from dashboard.sources.kit import sns
from dashboard.webhooks.fetching import FAILURE_SECONDS, Certificates, fetch
from storage.model.entities import Connection
from storage.store import Store
from tests.dashboard.bodies import iso, pipeline_changed
from tests.dashboard.visiting import Visitor
from tests.factories import NOW, a_connection, a_team

TOPIC = "arn:aws:sns:us-east-1:123456789012:pipelines"
CERTIFICATE = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
CONFIRM = f"https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@dataclass
class Amazon:
    """What is fetched from Amazon. `pem` None: it does not answer."""

    pem: bytes | None
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.pem is None:
            raise OSError("no answer in time")
        return self.pem


@pytest.fixture
def amazon(key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch) -> Amazon:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.us-east-1.amazonaws.com")])
    now = datetime.fromtimestamp(NOW / 1000, UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = builder.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1)).sign(key, hashes.SHA256())
    found = Amazon(made.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setattr("dashboard.webhooks.fetching.fetch", found.fetch)
    return found


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock, in the test's hand."""
    now = [1000.0]
    monkeypatch.setattr("dashboard.webhooks.fetching.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.fixture
def connection(store: Store) -> Connection:
    return a_connection(store, a_team(store).id, "codepipeline", options=(("topic_arn", TOPIC),))


def message(key: rsa.RSAPrivateKey, kind: str = "Notification", **members: str) -> dict[str, str]:
    envelope = {
        "Type": kind,
        "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "TopicArn": TOPIC,
        "Message": json.dumps(pipeline_changed()),
        "Timestamp": iso(NOW),
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE,
        **({} if kind == "Notification" else {"Token": "abc", "SubscribeURL": CONFIRM}),
        **members,
    }
    unsigned = sns.parse_envelope(json.dumps({**envelope, "Signature": ""}).encode())
    signed = key.sign(sns.canonical(unsigned), padding.PKCS1v15(), hashes.SHA256())
    return {**envelope, "Signature": base64.b64encode(signed).decode()}


def post(connection: Connection, body: dict[str, str]) -> Any:
    headers = {"x-amz-sns-message-type": body["Type"], "x-amz-sns-topic-arn": body["TopicArn"]}
    path = f"/hooks/codepipeline/{connection.id}"
    return Client().post(path, json.dumps(body), content_type="text/plain; charset=UTF-8", headers=headers)


def test_notification_of_our_topic_is_accepted(
    store: Store, connection: Connection, amazon: Amazon, key: rsa.RSAPrivateKey
) -> None:
    assert post(connection, message(key)).status_code == 202
    (row,) = store.pipelines.list_board(connection.team_id)
    assert row.row().name == "ledger"


def test_certificate_is_fetched_once(connection: Connection, amazon: Amazon, key: rsa.RSAPrivateKey) -> None:
    post(connection, message(key))
    assert post(connection, message(key)).json() == {"status": "duplicate"}
    assert amazon.asked == [CERTIFICATE]


def test_subscription_to_our_topic_confirms_itself(
    connection: Connection, amazon: Amazon, key: rsa.RSAPrivateKey
) -> None:
    answer = post(connection, message(key, "SubscriptionConfirmation"))
    assert (answer.status_code, answer.json()["status"]) == (200, "ignored")
    assert amazon.asked == [CERTIFICATE, CONFIRM]


def test_unsubscription_is_taken_and_nothing_fetched_for_it(
    connection: Connection, amazon: Amazon, key: rsa.RSAPrivateKey
) -> None:
    assert post(connection, message(key, "UnsubscribeConfirmation")).status_code == 200
    assert amazon.asked == [CERTIFICATE]


FOREIGN = TOPIC.replace("pipelines", "others")


@pytest.mark.parametrize("kind", ["Notification", "SubscriptionConfirmation"])
def test_message_of_another_topic_is_refused_and_nothing_is_fetched(
    connection: Connection, amazon: Amazon, key: rsa.RSAPrivateKey, kind: str
) -> None:
    assert post(connection, message(key, kind, TopicArn=FOREIGN)).status_code == 401
    assert amazon.asked == []


def test_connection_without_a_topic_believes_no_sns_message(
    store: Store, amazon: Amazon, key: rsa.RSAPrivateKey
) -> None:
    bare = a_connection(store, a_team(store).id, "codepipeline")
    assert post(bare, message(key)).status_code == 401
    assert amazon.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "http://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://user@sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.us-east-1.amazonaws.com:8443/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.us-east-1.amazonaws.com/../SimpleNotificationService-0123456789abcdef.pem",
    ],
)
def test_certificate_from_anywhere_else_is_refused_and_not_fetched(
    connection: Connection, amazon: Amazon, key: rsa.RSAPrivateKey, url: str
) -> None:
    assert post(connection, message(key, SigningCertURL=url)).status_code == 401
    assert amazon.asked == []


def test_subscribe_address_that_is_not_amazons_is_refused_and_not_fetched(
    connection: Connection, amazon: Amazon, key: rsa.RSAPrivateKey
) -> None:
    body = message(key, "SubscriptionConfirmation", SubscribeURL="https://evil.example/?Action=ConfirmSubscription")
    assert post(connection, body).status_code == 401
    assert amazon.asked == [CERTIFICATE]


@pytest.mark.parametrize("member", ["Message", "Timestamp", "MessageId"])
def test_message_changed_after_signing_is_refused(
    store: Store, connection: Connection, amazon: Amazon, key: rsa.RSAPrivateKey, member: str
) -> None:
    body = message(key)
    assert post(connection, {**body, member: body[member] + " "}).status_code == 401
    assert store.pipelines.list_board(connection.team_id) == []


def test_certificate_that_cannot_be_fetched_asks_amazon_to_send_again(
    store: Store, connection: Connection, amazon: Amazon, key: rsa.RSAPrivateKey, seconds: list[float]
) -> None:
    pem, amazon.pem = amazon.pem, None
    answers = [post(connection, message(key)) for _ in range(3)]
    assert {(answer.status_code, answer["Retry-After"]) for answer in answers} == {(503, "5")}
    assert amazon.asked == [CERTIFICATE]
    amazon.pem, seconds[0] = pem, seconds[0] + FAILURE_SECONDS
    assert post(connection, message(key)).status_code == 202
    said = [(each.answer, each.outcome, each.reason) for each in store.deliveries.list_of_connection(connection.id)]
    assert (503, "put off", "the signing certificate could not be fetched") in said


def test_page_says_what_is_out_of_reach_and_not_that_the_secret_is_wrong(
    visitor: Visitor, connection: Connection, amazon: Amazon, key: rsa.RSAPrivateKey
) -> None:
    amazon.pem = None
    post(connection, message(key))
    text = visitor.text(f"/manage/connections/{connection.id}")
    assert "The sender was asked to send again: the signing certificate could not be fetched" in text
    assert "Secret wrong" not in text


def test_posts_at_once_share_one_fetch_and_none_waits_for_a_slow_one(
    connection: Connection, key: rsa.RSAPrivateKey, amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, answered = threading.Event(), threading.Event()

    def slow(url: str) -> bytes:
        begun.set()
        assert answered.wait(10)
        return amazon.fetch(url)

    monkeypatch.setattr("dashboard.webhooks.fetching.fetch", slow)
    monkeypatch.setattr("dashboard.webhooks.fetching.WAIT_SECONDS", 0.01)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(post, connection, message(key))
        assert begun.wait(10)
        others = [post(connection, message(key)).status_code for _ in range(4)]
        answered.set()
        assert (first.result().status_code, others) == (202, [503] * 4)
    assert amazon.asked == [CERTIFICATE]


def test_certificate_that_is_fetched_and_wrong_refuses(
    connection: Connection, amazon: Amazon, key: rsa.RSAPrivateKey
) -> None:
    amazon.pem = b"<html>Sign in to this network</html>"
    answer = post(connection, message(key))
    assert (answer.status_code, "Retry-After" in answer) == (401, False)


def test_only_the_certificates_asked_for_last_are_remembered(amazon: Amazon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.webhooks.fetching.MOST_KEPT", 2)
    certificates = Certificates()
    for name in ("a", "b", "c", "c", "a"):
        certificates(name)
    assert amazon.asked == ["a", "b", "c", "a"]


def test_answer_that_breaks_off_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise IncompleteRead(b"-----BEGIN")

    monkeypatch.setattr("dashboard.webhooks.fetching._opener.open", broken)
    with pytest.raises(OSError, match="broke off"):
        fetch(CERTIFICATE)


def test_confirmation_that_fails_is_put_off_so_that_amazon_asks_again(
    connection: Connection, amazon: Amazon, key: rsa.RSAPrivateKey
) -> None:
    assert post(connection, message(key)).status_code == 202
    amazon.pem = None
    assert post(connection, message(key, "SubscriptionConfirmation")).status_code == 503


def test_body_that_is_no_sns_message_is_refused(connection: Connection, amazon: Amazon) -> None:
    assert post(connection, {"Type": "Notification", "TopicArn": TOPIC}).status_code == 401
