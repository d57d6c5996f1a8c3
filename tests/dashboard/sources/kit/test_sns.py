"""Envelopes of SNS: whose signature holds, and which addresses may be fetched."""

from __future__ import annotations

import base64
import dataclasses
import json
from datetime import UTC, datetime
from functools import lru_cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from dashboard.sources.kit import sns
from dashboard.sources.kit.source import Rejected
from tests.dashboard.sources.golden import PAYLOADS

TOPIC = "arn:aws:sns:eu-west-1:210987654321:pipeline-events"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
CONFIRM = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37fb"
NOW = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp() * 1000)
YEAR = 366 * 86_400_000


@lru_cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(name: str = "sns.amazonaws.com", public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | None = None):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public or key().public_key())
        .serial_number(1)
        .not_valid_before(datetime(2025, 9, 1, tzinfo=UTC))
        .not_valid_after(datetime(2026, 9, 1, tzinfo=UTC))
        .sign(key(), hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def signed(version: str = "2", **changes: object) -> sns.Envelope:
    body = json.loads((PAYLOADS / "codepipeline" / "pipeline__started_inside_sns.json").read_text())
    body.update(changes, SignatureVersion=version)
    envelope = sns.parse_envelope(json.dumps(body).encode())
    signature = key().sign(sns.canonical(envelope), padding.PKCS1v15(), sns.HASHES[version]())
    return dataclasses.replace(envelope, signature=base64.b64encode(signature).decode())


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [None, "", "Für dich\n"])
def test_a_signed_notification_holds(version: str, subject: str | None):
    assert sns.verify_envelope(signed(version, Subject=subject), certificate(), NOW)


def test_a_signed_subscription_confirmation_holds():
    envelope = signed(Type="SubscriptionConfirmation", Token="2336412f37fb", SubscribeURL=CONFIRM)

    assert sns.verify_envelope(envelope, certificate(), NOW)
    assert not sns.verify_envelope(dataclasses.replace(envelope, subscribe_url=CONFIRM + "0"), certificate(), NOW)


@pytest.mark.parametrize("member", ["message", "message_id", "timestamp", "topic_arn", "subject", "type"])
def test_each_signed_member_matters(member: str):
    envelope = signed(Subject="Hello")

    assert not sns.verify_envelope(dataclasses.replace(envelope, **{member: "other"}), certificate(), NOW)


@pytest.mark.parametrize("version", ["", "0", "3", "2 ", "SHA256"])
def test_any_other_signature_version_is_refused(version: str):
    assert not sns.verify_envelope(dataclasses.replace(signed(), signature_version=version), certificate(), NOW)


def test_a_signature_of_the_other_hash_does_not_hold():
    assert not sns.verify_envelope(dataclasses.replace(signed("1"), signature_version="2"), certificate(), NOW)


@pytest.mark.parametrize("signature", ["", "!", "é", "AAAA", "QUJD\n", base64.b64encode(b"x" * 31).decode()])
def test_a_broken_signature_does_not_hold(signature: str):
    assert not sns.verify_envelope(dataclasses.replace(signed(), signature=signature), certificate(), NOW)


@pytest.mark.parametrize("pem", [b"", b"not a certificate", certificate()[:200], certificate().replace(b"M", b"N")])
def test_a_broken_certificate_does_not_hold(pem: bytes):
    assert not sns.verify_envelope(signed(), pem, NOW)


@pytest.mark.parametrize(
    "name", ["evil.example", "sns.amazonaws.com.evil.example", "s3.amazonaws.com", "xsns.amazonaws.com"]
)
def test_a_certificate_of_something_else_does_not_hold(name: str):
    assert not sns.verify_envelope(signed(), certificate(name), NOW)


def test_a_certificate_without_an_rsa_key_does_not_hold():
    other = ec.generate_private_key(ec.SECP256R1()).public_key()

    assert not sns.verify_envelope(signed(), certificate(public=other), NOW)


@pytest.mark.parametrize("at", [NOW - YEAR, NOW + YEAR])
def test_a_certificate_out_of_its_dates_holds_only_where_dates_are_not_looked_at(at: int):
    assert not sns.verify_envelope(signed(), certificate(), at)
    assert sns.verify_envelope(signed(), certificate(), None)


def test_a_lone_surrogate_neither_holds_nor_raises():
    envelope = dataclasses.replace(signed(), message="\ud800")

    assert not sns.verify_envelope(envelope, certificate(), NOW)
    assert sns.inner_body(envelope) == b"?"


@pytest.mark.parametrize(
    ("url", "topic"),
    [
        (CERTIFICATE, TOPIC),
        (
            CERTIFICATE.replace("eu-west-1", "cn-north-1").replace(".com/", ".com.cn/"),
            "arn:aws-cn:sns:cn-north-1:210987654321:t",
        ),
        (CERTIFICATE.replace("eu-west-1", "us-gov-west-1"), "arn:aws-us-gov:sns:us-gov-west-1:210987654321:t"),
    ],
)
def test_a_certificate_may_come_from_sns_in_the_topics_region(url: str, topic: str):
    assert sns.cert_url_allowed(url, topic)


@pytest.mark.parametrize(
    "url",
    [
        "",
        CERTIFICATE.replace("https:", "http:"),
        CERTIFICATE.replace("https:", "HTTPS:"),
        CERTIFICATE.replace("amazonaws.com/", "amazonaws.com.evil.io/"),
        CERTIFICATE.replace("amazonaws.com/", "amazonaws.com:443/"),
        CERTIFICATE.replace("amazonaws.com/", "amazonaws.com:8443/"),
        CERTIFICATE.replace("amazonaws.com/", "amazonaws.com./"),
        CERTIFICATE.replace("amazonaws.com/", "amazonaws.com.cn/"),
        CERTIFICATE.replace("sns.", "user:pw@sns."),
        CERTIFICATE.replace("sns.", "evil.io\\@sns."),
        CERTIFICATE.replace("sns.", "sns.s3."),
        CERTIFICATE.replace("sns.", "s3."),
        CERTIFICATE.replace("eu-west-1", "us-east-1"),
        CERTIFICATE.replace("eu-west-1", "EU-WEST-1"),
        CERTIFICATE.replace("/Simple", "/../Simple"),
        CERTIFICATE.replace("/Simple", "/bucket/Simple"),
        CERTIFICATE.replace("/Simple", "//Simple"),
        CERTIFICATE.replace(".pem", ".pem?x=1"),
        CERTIFICATE.replace(".pem", ".pem#x"),
        CERTIFICATE.replace(".pem", ".crt"),
        CERTIFICATE.replace(".pem", ".pem\n"),
        CERTIFICATE.replace("0123", "0123%2f"),
        CERTIFICATE.replace("sns", "ѕns"),
        "https://[::1",
        "https://169.254.169.254/SimpleNotificationService-0123456789abcdef.pem",
        "file:///SimpleNotificationService-0123456789abcdef.pem",
    ],
)
def test_a_certificate_may_come_from_nowhere_else(url: str):
    assert not sns.cert_url_allowed(url, TOPIC)


@pytest.mark.parametrize(
    "topic", ["", "eu-west-1", "arn:aws:sqs:eu-west-1:210987654321:q", "arn:aws:sns:eu-west-1:1:t", TOPIC + ":sub"]
)
def test_nothing_may_be_fetched_for_what_is_no_topic(topic: str):
    assert not sns.cert_url_allowed(CERTIFICATE, topic)
    assert not sns.subscribe_url_allowed(CONFIRM, topic)


def test_a_subscription_to_the_topic_may_be_confirmed():
    assert sns.subscribe_url_allowed(CONFIRM, TOPIC)
    assert sns.subscribe_url_allowed(CONFIRM.replace(":", "%3A").replace("https%3A", "https:"), TOPIC)


@pytest.mark.parametrize(
    "url",
    [
        CONFIRM.replace("https:", "http:"),
        CONFIRM.replace("ConfirmSubscription", "Unsubscribe"),
        CONFIRM.replace("pipeline-events", "other-topic"),
        CONFIRM.replace("/?", "/path?"),
        CONFIRM + "&Action=DeleteTopic",
        CONFIRM + "&Token=2",
        CONFIRM + "&More=1",
        CONFIRM.replace("amazonaws.com", "amazonaws.com.evil.io"),
        CONFIRM.replace("&Token=2336412f37fb", ""),
        CONFIRM.partition("?")[0],
        CERTIFICATE,
        "",
    ],
)
def test_nothing_else_counts_as_a_confirmation(url: str):
    assert not sns.subscribe_url_allowed(url, TOPIC)


@pytest.mark.parametrize(
    "member", ["Type", "MessageId", "TopicArn", "Message", "Timestamp", "Signature", "SigningCertURL"]
)
@pytest.mark.parametrize("value", [None, 3, [], {}])
def test_an_envelope_without_a_member_is_rejected_by_its_name(member: str, value: object):
    body = json.loads((PAYLOADS / "codepipeline" / "pipeline__started_inside_sns.json").read_text())

    with pytest.raises(Rejected) as caught:
        sns.parse_envelope(json.dumps({**body, member: value}).encode())

    assert caught.value.path == member


@pytest.mark.parametrize("changes", [{"Type": "Other"}, {"Subject": 3}, {"Type": "SubscriptionConfirmation"}])
def test_an_envelope_that_contradicts_its_type_is_rejected(changes: dict[str, object]):
    body = json.loads((PAYLOADS / "codepipeline" / "pipeline__started_inside_sns.json").read_text())

    with pytest.raises(Rejected):
        sns.parse_envelope(json.dumps({**body, **changes}).encode())


def test_of_a_body_longer_than_a_message_nothing_is_read():
    with pytest.raises(Rejected) as caught:
        sns.parse_envelope(b'{"Type": "' + b"x" * sns.MOST_BYTES + b'"}')
    assert caught.value.message == "Longer than an SNS message"
