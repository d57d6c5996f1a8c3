"""What must not leave a log."""

from __future__ import annotations

import random
import string
import time

import pytest

from dashboard.failures.normalise import normalised
from dashboard.failures.redaction import REDACTED, SECRETS, Secret, redact, redact_line

SOME_LETTERS = string.ascii_letters + string.digits


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret.regex.pattern[:30])
def test_example_of_each_secret_goes(secret: Secret) -> None:
    found = redact_line(f"x {secret.example}")
    assert REDACTED in found
    for word in ("hunter2", "aB3dE6", "YWRh", "sid=abc", "aB%2F3", "EXAMPLE", "AgEI", "SyA1", "XXXX", "abcdef"):
        assert word not in found


@pytest.mark.parametrize(
    "line",
    [
        'password: "correct horse battery"', "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "assert token == 'swordfish'", '{"api_key": "swordfish", "x": 1}', "DATABASE_PASSWORD => swordfish",
        "mytool --password swordfish --verbose", "mytool --client-secret=swordfish", "postgres://shop:swordfish@db/shop",
        "npm config set //registry.npmjs.org/:_authToken=swordfish", "Authorization: Bearer swordfish",
        "'Authorization': 'token swordfish'", "Cookie: session=swordfish; theme=dark", 'secret := "swordfish"',
    ],
)  # fmt: skip
def test_what_is_called_a_secret_goes_whatever_it_looks_like(line: str) -> None:
    found = redact_line(line)
    assert REDACTED in found
    assert "swordfish" not in found
    assert "horse" not in found
    assert "EXAMPLEKEY" not in found


@pytest.mark.parametrize(
    "line",
    [
        "FAILED tests/test_pay.py::test_that_a_long_name_is_kept_as_it_stands[chromium-1920x1080] - assert 3 == 4",
        "at testShouldReturn404WhenUserIsMissingFromTheDirectory (UserDirectoryControllerTest.java:41)",
        "HEAD is now at 7c3e1fa0b1c2d3e4f5061728394a5b6c7d8e9f00 Pay twice",
        "Digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "node_modules/jest-circus/build/legacy-code-todo-rewrite/jestAdapter.js:79",
        "/home/runner/work/checkout-api/checkout-api/src/main/java/com/acme/Checkout2Controller.java:7: error",
        "SyntaxError: Unexpected token: '<'", "error[E0425]: cannot find value `x` in this scope",
        "error TS2345: Argument of type 'string' is not assignable to parameter of type 'number'.",
        "npm ERR! code ELIFECYCLE", "##[error]Process completed with exit code 137.", "token: ***",
        "--------------------",
        "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:3.2.5:test (default-test)",
        "java.lang.NullPointerException: Cannot invoke \"com.acme.Order.total()\" because \"order\" is null",
    ],
)  # fmt: skip
def test_what_says_why_something_failed_stays(line: str) -> None:
    assert redact_line(line) == line


def test_private_key_goes_from_its_first_line_to_its_last() -> None:
    begin, end = "-----BEGIN RSA " + "PRIVATE KEY-----", "-----END RSA " + "PRIVATE KEY-----"
    found = list(redact(["before", f"key={begin}", "MIIEabc", "short", end, "after"]))
    assert found == ["before", f"key={REDACTED}", REDACTED, REDACTED, REDACTED, "after"]
    assert list(redact([f"{begin}\\nMII\\n{end}", "after"])) == [REDACTED, "after"]


def test_key_that_never_ends_does_not_eat_the_log() -> None:
    lines = ["-----BEGIN " + "PRIVATE KEY-----", *["x"] * 500]
    assert list(redact(lines))[-1] == "x"


def test_random_words_go_nearly_always_and_names_never() -> None:
    source = random.Random(7)
    words = ["".join(source.choices(SOME_LETTERS, k=source.randint(24, 64))) for _ in range(500)]
    left = [word for word in words if redact_line(f"value {word} end") != f"value {REDACTED} end"]
    assert len(left) < 25
    hexes = ["".join(source.choices("0123456789abcdef", k=40)) for _ in range(50)]
    assert all(redact_line(f"value {word}") == f"value {REDACTED}" for word in hexes)


@pytest.mark.parametrize(
    "line",
    [
        "a." * 1000,
        "token" * 400,
        "-" * 2000,
        "a/b" * 660,
        "=" * 2000,
        "://" * 600,
        "curl " * 400,
        "x@" * 1000,
        "x" * 2000,
    ],
)
def test_no_line_takes_long(line: str) -> None:
    began = time.process_time()
    normalised(redact_line(line))
    assert time.process_time() - began < 0.1
