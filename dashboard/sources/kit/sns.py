"""Amazon SNS envelopes: what they hold, whether the signature is Amazon's, and which addresses in them may be fetched.

Nothing is fetched here but by way of `Outside`. https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from dashboard.sources.kit.payload import ROOT, load
from dashboard.sources.kit.source import Headers, NotBelieved, NothingForUs, Option, Outside, Rejected

# What Amazon takes as a message, with what stands around it.
MOST_BYTES = 256 * 1024
TYPES = frozenset({"Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"})
HASHES: dict[str, type[hashes.SHA1] | type[hashes.SHA256]] = {"1": hashes.SHA1, "2": hashes.SHA256}
_SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SIGNED_SUBSCRIPTION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_HOST = re.compile(r"sns\.([a-z0-9-]{3,})\.amazonaws\.com(?:\.cn)?")
_CERTIFICATE_PATH = re.compile(r"/SimpleNotificationService-[0-9a-f]{8,128}\.pem")
_CERTIFICATE_NAME = re.compile(r"sns\.(?:[a-z0-9-]{3,}\.)?amazonaws\.com(?:\.cn)?")
_TOPIC = re.compile(r"arn:(aws|aws-cn|aws-us-gov):sns:([a-z0-9-]{3,}):[0-9]{12}:[A-Za-z0-9_-]{1,256}")

TOPIC = Option(
    name="topic_arn",
    label="SNS topic ARN",
    hint="Only where events come through Amazon SNS: messages of other topics are refused.",
    pattern=_TOPIC.pattern,
    wrong="This is not the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:pipelines.",
)


@dataclass(frozen=True)
class SnsEnvelope:
    """Messages of an SNS topic over HTTPS, believed by Amazon's signature and the topic that the connection names.
    A subscription is confirmed as it asks for it; what cannot be fetched is answered 5xx, after which SNS tries again,
    and not after a 4xx. https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html"""

    header: str = "x-amz-sns-message-type"

    def holds(self, headers: Headers) -> bool:
        """SNS sends the bare event, unsigned, where a subscription asks for that."""
        raw = headers.get("x-amz-sns-rawdelivery", "").lower() == "true"
        return bool(headers.get(self.header)) and not raw

    def unwrap(self, body: bytes, options: Mapping[str, str], at: int, outside: Outside, *, known: bool) -> bytes:
        """A sender that has also shown the connection's secret need not be of a topic known beforehand."""
        try:
            envelope = parse_envelope(body)
        except Rejected as rejected:
            raise NotBelieved("not an SNS message") from rejected
        topic = options.get(TOPIC.name, "")
        if envelope.topic_arn != topic and not (known and not topic):
            raise NotBelieved(f"the topic is not this connection's: {envelope.topic_arn[:200]}")
        if not cert_url_allowed(envelope.signing_cert_url, envelope.topic_arn):
            raise NotBelieved("the signing certificate is not Amazon's")
        if not verify_envelope(envelope, outside.certificate(envelope.signing_cert_url), at):
            raise NotBelieved("the SNS signature is wrong")
        if envelope.type == "Notification":
            return inner_body(envelope)
        if envelope.type == "SubscriptionConfirmation":
            if not subscribe_url_allowed(envelope.subscribe_url, envelope.topic_arn):
                raise NotBelieved("the subscription address is not Amazon's")
            outside.visit(envelope.subscribe_url)
        raise NothingForUs("subscription confirmed")


@dataclass(frozen=True)
class Envelope:
    """Members as they came: the signature is over them unchanged. `subject` is None where there is none."""

    type: str
    message_id: str
    topic_arn: str
    message: str
    timestamp: str
    signature: str
    signature_version: str
    signing_cert_url: str
    subject: str | None = None
    token: str = ""
    subscribe_url: str = ""


def parse_envelope(body: bytes) -> Envelope:
    """Raises Rejected unless the body has everything its type needs. Nothing is known of its sender yet, so that of a
    body longer than a message can be nothing is read."""
    if len(body) > MOST_BYTES:
        raise Rejected("Longer than an SNS message", ROOT)
    document = load(body)
    kind = _need(document, "Type")
    if kind not in TYPES:
        raise Rejected("Not a type of SNS message", "Type")
    about_subscription = kind != "Notification"
    subject = document.get("Subject")
    if subject is not None and not isinstance(subject, str):
        raise Rejected("Text is needed", "Subject")
    return Envelope(
        type=kind,
        message_id=_need(document, "MessageId"),
        topic_arn=_need(document, "TopicArn"),
        message=_need(document, "Message"),
        timestamp=_need(document, "Timestamp"),
        signature=_need(document, "Signature"),
        signature_version=_need(document, "SignatureVersion"),
        signing_cert_url=_need(document, "SigningCertURL"),
        subject=subject,
        token=_need(document, "Token") if about_subscription else "",
        subscribe_url=_need(document, "SubscribeURL") if about_subscription else "",
    )


def _need(document: dict[str, object], member: str) -> str:
    value = document.get(member)
    if not isinstance(value, str):
        raise Rejected("Text is needed", member)
    return value


def canonical(envelope: Envelope) -> bytes:
    """The string that is signed: each member that is there as name, line feed, value, line feed."""
    values = {
        "Message": envelope.message,
        "MessageId": envelope.message_id,
        "Subject": envelope.subject,
        "SubscribeURL": envelope.subscribe_url,
        "Timestamp": envelope.timestamp,
        "Token": envelope.token,
        "TopicArn": envelope.topic_arn,
        "Type": envelope.type,
    }
    names = _SIGNED if envelope.type == "Notification" else _SIGNED_SUBSCRIPTION
    text = "".join(f"{name}\n{values[name]}\n" for name in names if values[name] is not None)
    return text.encode("utf-8", "surrogatepass")


def verify_envelope(envelope: Envelope, pem: bytes, at_ms: int | None) -> bool:
    """Whether this certificate's key signed the envelope, and the certificate is one of SNS, valid at that time (not
    looked at when None). Who issued it cannot be told from it alone: that it was fetched over TLS from an address
    that `cert_url_allowed` let pass stands in for its chain. Never raises.
    """
    algorithm = HASHES.get(envelope.signature_version)
    if algorithm is None:
        return False
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        if not _is_of_sns(certificate) or not _is_valid_at(certificate, at_ms):
            return False
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        signature = base64.b64decode(envelope.signature, validate=True)
        key.verify(signature, canonical(envelope), padding.PKCS1v15(), algorithm())
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _is_of_sns(certificate: x509.Certificate) -> bool:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return any(_CERTIFICATE_NAME.fullmatch(str(name.value)) for name in names)


def _is_valid_at(certificate: x509.Certificate, at_ms: int | None) -> bool:
    if at_ms is None:
        return True
    from_ms = certificate.not_valid_before_utc.timestamp() * 1000
    until_ms = certificate.not_valid_after_utc.timestamp() * 1000
    return from_ms <= at_ms <= until_ms


def cert_url_allowed(url: str, topic_arn: str) -> bool:
    """Whether a signing certificate may be fetched from there: SNS itself, in the region of the topic."""
    parts = _of_topic_region(url, topic_arn)
    return parts is not None and bool(_CERTIFICATE_PATH.fullmatch(parts.path)) and not parts.query


def subscribe_url_allowed(url: str, topic_arn: str) -> bool:
    """Whether fetching this confirms a subscription to this topic and does nothing else."""
    parts = _of_topic_region(url, topic_arn)
    if parts is None or parts.path not in ("", "/"):
        return False
    try:
        asked = parse_qs(parts.query, strict_parsing=True, max_num_fields=5)
    except ValueError:
        return False
    asked.pop("Version", None)
    return (
        asked.keys() == {"Action", "TopicArn", "Token"}
        and asked["Action"] == ["ConfirmSubscription"]
        and asked["TopicArn"] == [topic_arn]
        and len(asked["Token"]) == 1
    )


def _of_topic_region(url: str, topic_arn: str) -> SplitResult | None:
    """The address's parts if it is https at SNS in the topic's own region and partition, with nothing odd in it."""
    topic = _TOPIC.fullmatch(topic_arn)
    if topic is None or len(url) > 2048 or re.search(r"[^\x21-\x7e]|[\\#]", url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = _HOST.fullmatch(parts.netloc)
    china = parts.netloc.endswith(".cn")
    if not url.startswith("https://") or host is None or host[1] != topic[2] or china != (topic[1] == "aws-cn"):
        return None
    return parts


def inner_body(envelope: Envelope) -> bytes:
    """The message, which may again be JSON."""
    return envelope.message.encode(errors="replace")
