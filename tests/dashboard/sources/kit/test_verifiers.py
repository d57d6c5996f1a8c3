"""Proofs of the sender: right ones hold, and no odd header holds or raises."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.sources import SOURCES
from dashboard.sources.kit.source import Verifier
from dashboard.sources.kit.verifiers import (
    AnyOf,
    HmacHeader,
    SecretHeader,
    SharedSecret,
    SignedTime,
    StandardWebhook,
    VersionedHmac,
    hmac_sha256_hex,
    shared_secret,
)
from tests.factories import NOW

# https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
SECRET = "It's a Secret to Everybody"
BODY = b"Hello, World!"
DIGEST = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_githubs_own_example_holds():
    assert hmac_sha256_hex(SECRET, BODY, f"sha256={DIGEST}")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        f"sha256={DIGEST[:63]}",
        f"sha256={DIGEST}0",
        f"sha256={DIGEST.upper()}",
        f"sha1={DIGEST}",
        f"SHA256={DIGEST}",
        f"v2,{DIGEST}",
        DIGEST,
        f" sha256={DIGEST}",
        f"sha256={DIGEST},sha256={DIGEST}",
        f"sha256={DIGEST}, sha256={'0' * 64}",
        f"sha256={DIGEST[:-1]}é",
        f"sha256={DIGEST}\x00",
        f"sha256=\ud800{DIGEST}",
        "sha256=" + "a" * 8192,
        " ".join([f"sha256={DIGEST}"] * 1000),
    ],
    ids=lambda header: repr(header)[:40],
)
def test_any_other_signature_does_not(header: str | None):
    assert not hmac_sha256_hex(SECRET, BODY, header)


@pytest.mark.parametrize("body", [b"Hello, World", b"Hello, World!\n", b"hello, World!", b""])
def test_a_body_changed_after_signing_does_not_hold(body: bytes):
    assert not hmac_sha256_hex(SECRET, body, f"sha256={DIGEST}")


def test_a_reserialised_body_does_not_hold():
    body = b'{"b": 1, "a":2}'
    signature = "sha256=" + hmac.new(b"secret", body, hashlib.sha256).hexdigest()

    assert hmac_sha256_hex("secret", body, signature)
    assert not hmac_sha256_hex("secret", json.dumps(json.loads(body)).encode(), signature)


def test_another_connections_secret_does_not_hold():
    assert not hmac_sha256_hex("It's a Secret to Nobody", BODY, f"sha256={DIGEST}")


def test_nothing_holds_for_an_empty_secret():
    of_empty = hmac.new(b"", BODY, hashlib.sha256).hexdigest()

    assert not hmac_sha256_hex("", BODY, f"sha256={of_empty}")
    assert not shared_secret({"x-api-key": ""}, "")
    assert not shared_secret({"authorization": "Bearer "}, "")
    assert not shared_secret({"authorization": "Basic " + base64.b64encode(b"u:").decode()}, "")


def basic(credentials: bytes) -> str:
    return "Basic " + base64.b64encode(credentials).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "s3cret:é"},
        {"authorization": "Bearer s3cret:é"},
        {"authorization": "bearer s3cret:é"},
        {"authorization": basic("anyone:s3cret:é".encode())},
        {"x-api-key": "s3cret:é", "authorization": "Bearer s3cret:é"},
    ],
)
def test_the_secret_holds_in_each_place_it_may_come(headers: dict[str, str]):
    assert shared_secret(headers, "s3cret:é")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": ""},
        {"x-api-key": "s3cre"},
        {"x-api-key": "s3crets"},
        {"x-api-key": "S3CRET"},
        {"x-api-key": "s3cret,s3cret"},
        {"x-api-key": "s3cret", "authorization": "Bearer wrong"},
        {"x-api-key": "wrong", "authorization": "Bearer s3cret"},
        {"authorization": "s3cret"},
        {"authorization": "Token s3cret"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer s3cret, Bearer s3cret"},
        {"authorization": "Basic s3cret"},
        {"authorization": "Basic !!!!"},
        {"authorization": "Basic é"},
        {"authorization": basic(b"s3cret")},
        {"authorization": basic(b"s3cret:other")},
        {"authorization": basic(b"\xff\xfe:\xff")},
        {"x-api-key": "\ud800"},
        {"x-amz-api-key": "s3cret"},
    ],
    ids=repr,
)
def test_the_secret_holds_nowhere_else(headers: dict[str, str]):
    assert not shared_secret(headers, "s3cret")


@settings(deadline=None, max_examples=150)
@given(
    st.dictionaries(
        st.sampled_from(["x-hub-signature-256", "x-api-key", "authorization"]),
        st.one_of(st.text(st.characters()), st.text(st.characters()).map("Basic {}".format)),
    ),
    st.binary(max_size=50),
    st.text(st.characters(), max_size=20),
)
def test_no_headers_make_a_source_raise_or_believe(headers: dict[str, str], body: bytes, guess: str):
    for source in SOURCES.values():
        assert source.verifier.verify(headers, body, "a secret nobody guesses", NOW) is False
        assert source.verifier.verify(headers, body, guess, NOW) in (True, False)


def test_github_reads_the_sha256_header_only():
    verify = SOURCES["github"].verifier.verify
    old = hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()

    assert verify({"x-hub-signature-256": f"sha256={DIGEST}"}, BODY, SECRET, NOW)
    assert not verify({"x-hub-signature": f"sha1={old}"}, BODY, SECRET, NOW)


def test_codepipeline_takes_the_secret_itself():
    assert SOURCES["codepipeline"].verifier.verify({"x-api-key": SECRET}, BODY, SECRET, NOW)
    assert not SOURCES["codepipeline"].verifier.verify({"x-hub-signature-256": f"sha256={DIGEST}"}, BODY, SECRET, NOW)


TIMED = SignedTime("X-Timed")
EITHER = AnyOf(HmacHeader("X-Signature-256", "sha256="), (SharedSecret(),))
VERSIONED = VersionedHmac("X-Versions")
VERIFIERS = [HmacHeader("X-Signature"), SharedSecret(), TIMED, EITHER, SecretHeader("X-Token"), VERSIONED]


@pytest.mark.parametrize("verifier", VERIFIERS, ids=repr)
def test_what_a_verifier_proves_it_believes_of_that_body_and_secret_alone(verifier: Verifier):
    proof = verifier.prove(BODY, SECRET, NOW)

    assert verifier.verify(proof, BODY, SECRET, NOW)
    assert not verifier.verify(proof, BODY, "another secret", NOW)
    assert not verifier.verify({}, BODY, SECRET, NOW)
    assert not verifier.verify(verifier.prove(BODY, "", NOW), BODY, "", NOW)
    assert set(proof) == {name for name in proof if name == name.lower()}


@pytest.mark.parametrize("verifier", [VERIFIERS[0], TIMED, EITHER, VERSIONED], ids=repr)
def test_a_signature_holds_for_no_other_body(verifier: Verifier):
    assert not verifier.verify(verifier.prove(BODY, SECRET, NOW), BODY + b" ", SECRET, NOW)


@pytest.mark.parametrize(("seconds", "holds"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_a_signed_time_holds_for_five_minutes_either_way(seconds: int, holds: bool):
    now = NOW // 1000 * 1000

    assert TIMED.verify(TIMED.prove(BODY, SECRET, now), BODY, SECRET, now + seconds * 1000) is holds


def test_a_signed_time_that_was_changed_proves_nothing():
    proof = TIMED.prove(BODY, SECRET, NOW)["x-timed"]
    later = proof.replace(str(NOW // 1000), str(NOW // 1000 + 1))

    assert not TIMED.verify({"x-timed": later}, BODY, SECRET, NOW)


@pytest.mark.parametrize("odd", ["", "timestamp=,signature=", "timestamp=1" + "0" * 30 + ",signature=" + "0" * 64])
def test_an_odd_signed_time_proves_nothing(odd: str):
    assert not TIMED.verify({"x-timed": odd}, BODY, SECRET, NOW)


def test_either_of_two_ways_is_enough_and_the_first_is_ours():
    assert EITHER.verify({"x-api-key": SECRET}, BODY, SECRET, NOW)
    assert list(EITHER.prove(BODY, SECRET, NOW)) == ["x-signature-256"]


def test_a_header_of_the_tools_own_holds_the_secret_and_nothing_else():
    verify = SecretHeader("X-Token").verify

    assert verify({"x-token": "s3cret-ü"}, BODY, "s3cret-ü", NOW)
    assert not verify({"x-token": "s3cret-ü "}, BODY, "s3cret-ü", NOW)
    assert not verify({"x-token": ""}, BODY, "", NOW)


@pytest.mark.parametrize("verifier", VERIFIERS, ids=repr)
def test_the_words_for_curl_prove_it_too(verifier: Verifier):
    script = f"SECRET=$1 BODY=$2; printf %s {' '.join(verifier.curl())}; printf '\\n'; date +%s"
    done = subprocess.run(
        ["bash", "-c", script, "-", SECRET, BODY.decode()], capture_output=True, text=True, check=True
    )
    told, seconds = done.stdout.splitlines()
    name, _, value = told.partition(": ")

    assert verifier.verify({name.lower(): value}, BODY, SECRET, int(seconds) * 1000)


@pytest.mark.parametrize("told", [None, "", "another", f"{SECRET} ", f"{SECRET},{SECRET}", SECRET.lower(), "\ud800é"])
def test_a_secret_in_a_header_of_its_own_holds_there_and_as_it_is(told: str | None):
    headers = {} if told is None else {"x-token": told}

    assert not SecretHeader("X-Token").verify(headers, BODY, SECRET, NOW)
    assert not SecretHeader("X-Token").verify({"x-api-key": SECRET, "authorization": SECRET}, BODY, SECRET, NOW)
    assert SecretHeader("X-Token").verify({"x-token": SECRET}, BODY, SECRET, NOW)


# Secret, id and body are those of the reference implementations' own tests:
# https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/python/tests/test_webhooks.py
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD_BODY = b'{"test": 2432232314}'
STANDARD_AT = 1614265330
STANDARD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": str(STANDARD_AT),
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def standard(seconds: int = 0, body: bytes = STANDARD_BODY, secret: str = STANDARD_SECRET, /, **headers: str) -> bool:
    told = {**STANDARD, **{f"webhook-{name}": value for name, value in headers.items()}}
    return StandardWebhook().verify(told, body, secret, (STANDARD_AT + seconds) * 1000)


def test_the_standards_own_vector_holds():
    assert standard()


@pytest.mark.parametrize("other", ["v1,AAAA", "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "", "é", "v2,x"])
def test_one_right_signature_of_several_is_enough(other: str):
    right = STANDARD["webhook-signature"]

    assert standard(signature=f"{other} {right}")
    assert standard(signature=f"{right} {other}")
    assert not standard(signature=other)


@pytest.mark.parametrize(("seconds", "holds"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_a_standard_signature_holds_for_five_minutes_either_way(seconds: int, holds: bool):
    assert standard(seconds) is holds


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "msg_another"},
        {"timestamp": str(STANDARD_AT + 1)},
        {"timestamp": f"0{STANDARD_AT}"},
        {"timestamp": f" {STANDARD_AT}"},
        {"timestamp": ""},
        {"timestamp": "1" + "0" * 30},
        {"signature": STANDARD["webhook-signature"].lower()},
        {"signature": STANDARD["webhook-signature"].removeprefix("v1,")},
    ],
    ids=repr,
)
def test_a_standard_signature_holds_for_its_own_headers_alone(changed: dict[str, str]):
    assert not standard(**changed)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!", "whsec_é", STANDARD_SECRET.removeprefix("whsec_"), SECRET])
def test_a_secret_that_holds_no_key_proves_nothing(secret: str):
    assert not standard(0, STANDARD_BODY, secret)
    proof = StandardWebhook().prove(STANDARD_BODY, secret, NOW)
    assert not StandardWebhook().verify(proof, STANDARD_BODY, secret, NOW)


def test_what_a_standard_webhook_proves_it_believes_of_that_body_and_secret_alone():
    verify, proof = StandardWebhook().verify, StandardWebhook().prove(BODY, STANDARD_SECRET, NOW)

    assert verify(proof, BODY, STANDARD_SECRET, NOW)
    assert not verify(proof, BODY + b" ", STANDARD_SECRET, NOW)
    assert not verify(proof, BODY, "whsec_" + base64.b64encode(b"another").decode(), NOW)


def test_the_words_for_curl_prove_a_standard_webhook_too():
    words = " ".join(StandardWebhook().curl())
    script = f"SECRET=$1 BODY=$2; printf '%s\\n' {words}; date +%s"
    done = subprocess.run(
        ["bash", "-c", script, "-", STANDARD_SECRET, BODY.decode()], capture_output=True, text=True, check=True
    )
    *told, seconds = done.stdout.splitlines()
    headers = dict(line.split(": ", 1) for line in told)

    assert StandardWebhook().verify(headers, BODY, STANDARD_SECRET, int(seconds) * 1000)
