"""Trying a connection before its tool sends anything: a test run through the webhook's own path, a line for a shell,
and whether the tool can reach us at all.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from enum import StrEnum
from urllib.parse import urlsplit

from dashboard.sources.kit.sample import SampleRun
from dashboard.sources.kit.source import Source
from dashboard.store import get_store
from dashboard.webhooks.connecting import secrets_of
from dashboard.webhooks.ingest import Answer
from dashboard.webhooks.receive import receive
from storage.model.entities import Connection

# 2001-09-09T01:46:40Z: nothing else in a sample has its digits.
PLACEHOLDER = 1_000_000_000_000
ASKED = "${SECRET:?is to be the secret of this connection}"


class Reach(StrEnum):
    """From where an address can be reached."""

    ANYWHERE = "anywhere"
    NETWORK = "network"
    MACHINE = "machine"


def send_test_run(source: Source, connection: Connection) -> Answer:
    """Take a whole test run as if its tool had sent it: signed, verified, parsed and stored like any other. The answer
    to the first post that was not accepted, else to the last. Raises Throttled or Unavailable as `receive` does."""
    now = get_store().now()
    secret = next(secrets_of(connection, now), "")
    if not secret:
        return Answer(401, {"message": "The secret cannot be read with the present signing key: rotate it"})
    answer = Answer(200, {"status": "ignored", "reason": "there is nothing in it"})
    for post in source.sample(SampleRun(connection.id, now)):
        headers = {**post.headers, **source.verifier.prove(post.body, secret, now)}
        answer = receive(source, connection, headers, post.body)
        if answer.code != 202:
            break
    return answer


def curl(source: Source, connection: Connection, url: str, secret: str = "") -> str:
    """Lines for a shell that post the end of a test run, of now and signed there; each time another one. `secret`: only
    where it is being shown anyway; else the lines ask for the variable SECRET."""
    run = SampleRun(connection.id, PLACEHOLDER)
    post = source.sample(run)[-1]
    told = [_quoted(f"{name}: {value}", run) for name, value in post.headers.items()]
    headers = [f"-H {word}" for word in (*told, *source.verifier.curl())]
    lines = (
        "N=$(date +%s) AT=$(date -u +%Y-%m-%dT%H:%M:%SZ)",
        f"SECRET={shlex.quote(secret) if secret else ASKED}",
        f"BODY={_quoted(post.body.decode(), run)}",
        " \\\n  ".join([f"curl -sS {shlex.quote(url)}", *headers, '--data-binary "$BODY"']),
    )
    return "\n".join(lines)


def _quoted(text: str, run: SampleRun) -> str:
    """For a shell, with its own time and number in place of the run's."""
    word = re.sub(r"2001-09-09T[0-9:]{8}Z", "'\"$AT\"'", shlex.quote(text))
    return word.replace(str(run.run_number), "'\"$N\"'")


def reach_of(url: str) -> Reach:
    """By what the address says: nothing is looked up."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _reach_of_name(host)
    if address.is_loopback or address.is_unspecified:
        return Reach.MACHINE
    return Reach.ANYWHERE if address.is_global else Reach.NETWORK


# https://www.iana.org/assignments/special-use-domain-names, and what people use inside
_INSIDE = (".local", ".internal", ".lan", ".home.arpa", ".test", ".intranet", ".corp")


def _reach_of_name(host: str) -> Reach:
    if host == "localhost" or host.endswith(".localhost"):
        return Reach.MACHINE
    return Reach.NETWORK if "." not in host or host.endswith(_INSIDE) else Reach.ANYWHERE
