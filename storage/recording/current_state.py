"""What an event finds in the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from storage.model.long_execution import Jobs
from storage.model.merge import State, StoredExecution
from storage.recording.projections import Pipeline
from storage.table import Item, Key, Put


@dataclass(frozen=True, slots=True)
class CurrentState:
    """What stands in the table of the things an event touches, and the execution's state with the event in it.
    `left`: the pipeline it was thought to belong to, where it turned out to be another's. `jobs`: the buckets of
    a long execution that change; `removed`: items in whose place they come. `subjects`: what becomes of environments,
    incidents and change requests; `shown_by`: topics of what shows that. `rules`: the item of the team rules, where it
    was read."""

    stored: StoredExecution | None
    version: int
    state: State
    pipeline_id: str
    pipeline: Pipeline
    left: Pipeline | None = None
    jobs: Mapping[int, Jobs] = field(default_factory=dict)
    removed: tuple[Key, ...] = ()
    subjects: Sequence[Put] = ()
    shown_by: Sequence[str] = ()
    rules: Sequence[Item | None] = ()

    def team_id(self, told: str) -> str:
        """Whose board shows it: a pipeline may have been moved away from the team its events come to."""
        return self.pipeline.record.team_id if self.pipeline.record else told
