"""CloudEvents by HTTP: one event in the body with its attributes in headers (binary) or beside it (structured), several
in a list (batched), or a bare body without any envelope.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from dashboard.sources.kit.payload import ROOT, Payload, clean, load, load_any
from dashboard.sources.kit.source import Headers, Rejected

CONTENT_TYPES = frozenset(
    {"application/json", "application/cloudevents+json", "application/cloudevents-batch+json"},
)
MOST_EVENTS = 200
ENVELOPE, BATCH, HEADER = "application/cloudevents", "application/cloudevents-batch", "ce-"
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)


@dataclass(frozen=True)
class CloudEvent:
    """attributes: what the envelope says (`id`, `source`, `type`, `time`, `subject`, extensions), cleaned; empty where
    there is none. data: what it carries."""

    attributes: Mapping[str, str]
    data: Payload

    def attribute(self, name: str) -> str:
        return self.attributes.get(name, "")


def read(headers: Headers, body: bytes) -> list[CloudEvent]:
    """The events of a post, none of an empty batch. Raises Rejected, with the path in the body or the header's name."""
    kind = headers.get("content-type", "").strip().lower()
    if kind.startswith(BATCH):
        return _batch(load_any(body))
    if kind.startswith(ENVELOPE):
        return [_structured(load(body))]
    if any(name.startswith(HEADER) for name in headers):
        return [CloudEvent(_from_headers(headers), Payload(load(body)))]
    return _undeclared(load_any(body))


def _undeclared(value: object) -> list[CloudEvent]:
    """Senders post envelopes as plain JSON, too: what has a version of the envelope beside data is one."""
    if isinstance(value, list):
        return _batch(value)
    if not isinstance(value, dict):
        raise Rejected("A JSON object is needed", ROOT)
    return [_one(value, "")]


def _batch(value: object) -> list[CloudEvent]:
    if not isinstance(value, list):
        raise Rejected("A JSON list of events is needed", ROOT)
    if len(value) > MOST_EVENTS:
        raise Rejected(f"A batch holds {MOST_EVENTS} events at most", ROOT)
    found = []
    for place, one in enumerate(value):
        if not isinstance(one, dict):
            raise Rejected("A JSON object is needed", str(place))
        found.append(_one(one, str(place)))
    return found


def _one(value: Mapping[str, object], path: str) -> CloudEvent:
    """Within a batch some may be bare."""
    if "specversion" in value and ("data" in value or "data_base64" in value):
        return _structured(value, path)
    return CloudEvent({}, Payload(value, path))


def _structured(value: Mapping[str, object], path: str = "") -> CloudEvent:
    attributes = {
        name: clean(said) for name, said in value.items() if isinstance(said, str) and not name.startswith("data_")
    }
    where = Payload(value, path).where
    data = _decoded(value["data_base64"], where("data_base64")) if "data_base64" in value else value.get("data")
    if not isinstance(data, Mapping):
        raise Rejected("A JSON object is needed", where("data"))
    return CloudEvent(attributes, Payload(data, where("data")))


def _decoded(value: object, path: str) -> Mapping[str, object]:
    try:
        return load(base64.b64decode(value if isinstance(value, str) else "", validate=True))
    except (binascii.Error, ValueError) as error:
        raise Rejected("JSON in Base64 is needed", path) from error
    except Rejected as error:
        raise Rejected(error.message, path) from error


def _from_headers(headers: Headers) -> dict[str, str]:
    return {
        name.removeprefix(HEADER): clean(_unescaped(name, value))
        for name, value in headers.items()
        if name.startswith(HEADER)
    }


def _unescaped(name: str, value: str) -> str:
    """One round of percent-decoding, after that of quotes, which older senders use."""
    quoted = _QUOTED.fullmatch(value)
    try:
        return unquote(re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else value, errors="strict")
    except UnicodeDecodeError as error:
        raise Rejected("A percent-encoded header in UTF-8 is needed", name) from error
