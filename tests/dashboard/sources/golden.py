"""The recorded pairs in tests/payloads: a body of our own writing, and beside it the events it must become.

`<event>__<case>.json` holds the body; the event part of the name is what the source's event header says, if it has one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from dashboard.sources import SOURCES
from dashboard.sources.kit.source import Parsed

PAYLOADS = Path(__file__).parents[2] / "payloads"
DELIVERY = "0b989ba4-242f-11e5-81e1-c7b6966d2516"
EXPECTED = ".events.json"
# No body says it, only a tool that is asked.
OF_APIS = frozenset({"checked_at", "tool_state", "schedule"})
# What few tools tell stands in a recording only where it is told.
RARE = frozenset({"stages", "stands_for_run", "scheduled_at"})


@dataclass(frozen=True)
class Golden:
    source: str
    body: Path

    @property
    def expected(self) -> Path:
        return self.body.with_name(self.body.stem + EXPECTED)

    @property
    def event(self) -> str:
        return self.body.stem.partition("__")[0]

    @property
    def headers(self) -> dict[str, str]:
        return headers_of(self.source, self.event)

    def __str__(self) -> str:
        return f"{self.source}/{self.body.stem}"


def headers_of(source: str, event: str) -> dict[str, str]:
    told = {SOURCES[source].event_header: event, SOURCES[source].delivery_header: DELIVERY}
    return {"content-type": "application/json", **{name: value for name, value in told.items() if name}}


def goldens(source: str = "*") -> list[Golden]:
    bodies = sorted(path for path in PAYLOADS.glob(f"{source}/*.json") if not path.name.endswith(EXPECTED))
    return [Golden(body.parent.name, body) for body in bodies]


def serialised(parsed: Parsed) -> str:
    """The same text for the same meaning, one member a line."""
    document = {
        "event": parsed.event,
        "delivery_key": parsed.delivery_key,
        "ignored": parsed.ignored,
        "events": [_typed(event) for event in parsed.events],
        **({"subjects": [_typed(event) for event in parsed.subjects]} if parsed.subjects else {}),
    }
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _typed(event: msgspec.Struct) -> dict[str, Any]:
    said = {name: value for name, value in _plain(event).items() if value or name not in RARE}
    return {"type": type(event).__name__, **said}


def _plain(value: Any) -> Any:
    """Structs as the dictionaries of their fields."""
    if isinstance(value, msgspec.Struct):
        told = (name for name in value.__struct_fields__ if name not in OF_APIS)
        return {name: _plain(getattr(value, name)) for name in told}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
