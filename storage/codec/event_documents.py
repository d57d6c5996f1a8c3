"""Events as text, for the deliveries that wait in the inbox to be applied."""

from __future__ import annotations

import orjson

from storage.codec import documents as packing
from storage.model.events import ActionChanged, AnyEvent, DeploymentChanged, ExecutionChanged, StageChanged

_KINDS: dict[str, type[AnyEvent]] = {
    kind.__name__: kind for kind in (ExecutionChanged, StageChanged, ActionChanged, DeploymentChanged)
}


def encode(events: tuple[AnyEvent, ...]) -> str:
    return orjson.dumps([[type(event).__name__, packing.dump(event)] for event in events]).decode()


def decode(text: str) -> tuple[AnyEvent, ...]:
    return tuple(packing.load(_KINDS[name], document) for name, document in orjson.loads(text))
