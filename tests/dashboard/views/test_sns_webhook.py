"""CodePipeline events that come through Amazon SNS, signed with a certificate made here."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from django.test import Client

from dashboard.sources import sns
from storage.model.entities import Connection
from storage.store import Store
from tests.dashboard.bodies import iso, pipeline_changed
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
    monkeypatch.setattr("dashboard.sns_delivery.fetch", found.fetch)
    return found


@pytest.fixture
def connection(store: Store) -> Connection:
    return a_connection(store, a_team(store).id, "codepipeline", topic_arn=TOPIC)


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


def test_certificate_that_cannot_be_fetched_refuses_without_being_remembered(
    connection: Connection, amazon: Amazon, key: rsa.RSAPrivateKey
) -> None:
    pem, amazon.pem = amazon.pem, None
    assert post(connection, message(key)).status_code == 401
    amazon.pem = pem
    assert post(connection, message(key)).status_code == 202


def test_confirmation_that_fails_is_refused_so_that_amazon_asks_again(
    connection: Connection, amazon: Amazon, key: rsa.RSAPrivateKey
) -> None:
    assert post(connection, message(key)).status_code == 202
    amazon.pem = None
    assert post(connection, message(key, "SubscriptionConfirmation")).status_code == 401


def test_body_that_is_no_sns_message_is_refused(connection: Connection, amazon: Amazon) -> None:
    assert post(connection, {"Type": "Notification", "TopicArn": TOPIC}).status_code == 401
