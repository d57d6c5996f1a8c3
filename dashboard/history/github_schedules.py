"""When GitHub runs a workflow by itself: `on.schedule` of its file.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onschedule. Files are others' to
write: what they hold is looked at as it was parsed, node by node, so that nothing in it is built or multiplied.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from storage.model.told_schedule import Cron

MOST_LETTERS, MOST_DEPTH = 200_000, 100
# Much quicker, and in every wheel of PyYAML's.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def crons_of(text: str) -> tuple[Cron, ...] | None:
    """None of what is no workflow, or is too long to be looked at; none where no schedule begins it."""
    if len(text) > MOST_LETTERS:
        return None
    try:
        root = _composed(text)
    except (yaml.YAMLError, ValueError):
        return None
    on = _member(root, "on")
    if on is None:
        return None
    schedule = _member(on, "schedule")
    entries = schedule.value if isinstance(schedule, yaml.SequenceNode) else []
    found = ((_text(one, "cron"), _text(one, "timezone")) for one in entries)
    return tuple(Cron(cron, zone or "UTC") for cron, zone in found if cron)


def _composed(text: str) -> yaml.Node | None:
    """Raises YAMLError, ValueError where it is nested so deep that no workflow is."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise ValueError("nested too deep")
    return yaml.compose(text, Loader=_LOADER)


def _member(node: yaml.Node | None, name: str) -> yaml.Node | None:
    return next((value for key, value in _members(node) if key == name), None)


def _members(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    """By the words that stand there: `on` would be read as true."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if isinstance(key, yaml.ScalarNode):
            yield str(key.value), value


def _text(node: yaml.Node, name: str) -> str:
    found = _member(node, name)
    return str(found.value) if isinstance(found, yaml.ScalarNode) else ""
