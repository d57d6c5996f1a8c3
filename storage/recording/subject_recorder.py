"""Events of environments, incidents and change requests: which items they touch, and what those become. Pure: the
recorder reads and writes."""

from __future__ import annotations

from collections.abc import Sequence

from storage import keys, topics
from storage.codec import fact_items, subject_items
from storage.model.document import replace
from storage.model.subjects import (
    AnySubjectEvent,
    EnvironmentChanged,
    StoredSubject,
    SubjectKind,
    kind_of,
    merge_subject,
)
from storage.recording.projections import expect
from storage.table import Item, Key, Put

# Subjects with nothing known of them yet, each with the events that speak of it.
Told = Sequence[tuple[StoredSubject, Sequence[AnySubjectEvent]]]


# Of one transaction, beside whatever else is in it.
MOST_AT_ONCE = 40


def in_parts(events: Sequence[AnySubjectEvent]) -> list[Sequence[AnySubjectEvent]]:
    """At least one, each small enough for a transaction. No part depends on another."""
    return [events[at : at + MOST_AT_ONCE] for at in range(0, len(events), MOST_AT_ONCE)] or [events]


def told_of(team_id: str, events: Sequence[AnySubjectEvent]) -> Told:
    found: dict[str, tuple[StoredSubject, list[AnySubjectEvent]]] = {}
    for event in events:
        blank = _blank(team_id, kind_of(event), event)
        found.setdefault(blank.id, (blank, []))[1].append(event)
    return list(found.values())


def _blank(team_id: str, kind: SubjectKind, event: AnySubjectEvent) -> StoredSubject:
    subject_id = keys.subject_id(kind, team_id, event.source, event.host, event.scope, event.subject)
    return StoredSubject(subject_id, kind, team_id, event.source, event.host, event.scope, event.subject)


def keys_of(told: Told) -> list[Key]:
    return [subject_items.subject_key(blank.kind, blank.id) for blank, _ in told]


def topics_of(told: Told) -> list[str]:
    """What shows them: the team's environments, and those of all, list what no run of a pipeline put there."""
    shown = (
        blank.team_id
        for blank, events in told
        if any(isinstance(event, EnvironmentChanged) and not event.pipeline for event in events)
    )
    teams = [topics.team(team_id) for team_id in dict.fromkeys(shown)]
    return [*teams, topics.SERVICES] if teams else []


def written(told: Told, found: Sequence[Item | None], retention_seconds: int) -> list[Put]:
    """What these events change; nothing where they say nothing new. `found`: what stands, in the order of `told`."""
    return [
        put
        for (blank, events), item in zip(told, found, strict=True)
        for put in _written(blank, events, item, retention_seconds)
    ]


def _written(
    blank: StoredSubject, events: Sequence[AnySubjectEvent], item: Item | None, retention_seconds: int
) -> list[Put]:
    before, version = subject_items.subject_of(item) if item else (blank, 0)
    state = merge_subject(before.state, events)
    if item is not None and state == before.state:
        return []
    expires = state.last_event_at // 1000 + retention_seconds
    put = Put(subject_items.subject_item(replace(before, state=state), version + 1, expires), expect(version))
    # What failed is told by incidents, too.
    return [put, *([Put(fact_items.stale_team_item(blank.team_id))] if blank.kind is SubjectKind.INCIDENT else [])]
