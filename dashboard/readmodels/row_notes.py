"""What a row says beside its headline: what else is so, in few words."""

from __future__ import annotations

from collections import Counter

from dashboard.readmodels.appearance import APPEARANCES
from dashboard.readmodels.expectations import expected_words
from dashboard.readmodels.verdicts import said_of_cause
from dashboard.sources import SOURCES
from storage.model.board_row import BoardRow, LatestExecution
from storage.model.entities import Condition


def notes_of(row: BoardRow, state: Condition, waits: LatestExecution | None) -> tuple[str, ...]:
    """`waits`: the execution that waits for a person, if any."""
    notes, result = list[str](), row.result
    if result and result.rolled_back_at and not result.redeploy:
        to = f" to {result.rolled_back_to[:7]}" if result.rolled_back_to else ""
        notes.append(f"rolled back{to}")
    if state is Condition.FAILING and row.cause and (said := said_of_cause(row.cause)):
        notes.append(said)
    if result and not result.red and result.attempt > 1 and not row.in_flight:
        notes.append("green on a re-run")
    if row.after and not row.in_flight:
        notes.append(f"run {row.after.number} {APPEARANCES[row.after.status].label}")
    if row.leader and row.leader.upstream:
        notes.append("started by another workflow")
    if state is Condition.FAILING and waits and waits is not row.leader:
        notes.append(f"run {waits.number} waits at {waits.place}" if waits.place else f"run {waits.number} waits")
    if row.tool_state.state:
        notes.append(f"{row.tool_state.state} at {tool_of(row)}")
    if state is Condition.NO_SIGNAL and not row.in_flight and (words := expected_words(row)):
        notes.append(words)
    counts = Counter(one.status for one in row.in_flight[1:])
    if len(row.in_flight) > 3:
        notes.append(f"{sum(counts.values()) + 1} in flight")
    return tuple(notes)


def tool_of(row: BoardRow) -> str:
    """What people call the tool that runs it."""
    source = SOURCES.get(row.source)
    return source.label if source else "its tool"
