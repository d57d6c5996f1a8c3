"""A pipeline's own item: what its tool says of it, what people made of it, and its history. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import NamedTuple

from storage.model.document import Document, replace
from storage.model.merge import SEPARATOR, State
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.model.run_history import RunHistory
from storage.model.stage_rules import NOTHING_INHERITED, Conventions, Inherited, rules_of

TEXTS = (
    *("name", "url", "repository", "default_branch", "project", "owner", "place", "path"),
    *("tool_state", "schedule"),
)
MOST_ALIASES = 10


class Said(NamedTuple):
    """A text of a pipeline, and the order of the execution that says it: the highest holds."""

    order: int
    value: str


class Placed(enum.StrEnum):
    """By what a pipeline is its team's. Who says it by hand wins over rules."""

    CONNECTION = ""
    RULES = "rules"
    PERSON = "person"


class Acknowledgement(Document, frozen=True):
    """Who has a failing pipeline."""

    user_id: str
    name: str
    at: int


class PipelineRecord(Document, frozen=True):
    """A pipeline's own item: whose it is, what its tool calls it, what people made of it, and its history.

    texts: what the tool says of it (name, url, repository, ...), each as the newest execution said it.
    label: its name on pages, without what is plain there; full_name: all of it. Both are told apart from neighbours'.
    first_order, last_order: of its executions, -1 without one. retired: another has taken its name and place since.
    moved_to:   the pipeline that has taken over all that was this one's; moved_from: those it has taken over.
    placed: by what it is this team's.
    inherited:  a copy of what its team and the installation agree on, so that no event has to look for it.
    """

    id: str
    team_id: str
    source: str
    key: str
    texts: Mapping[str, Said] = {}
    created_at: int = 0
    history: RunHistory = RunHistory()
    overrides: PipelineOverrides = NO_OVERRIDES
    taken: Acknowledgement | None = None
    aliases: tuple[str, ...] = ()
    label: str = ""
    full_name: str = ""
    first_order: int = -1
    last_order: int = -1
    retired: bool = False
    moved_to: str = ""
    moved_from: tuple[str, ...] = ()
    placed: Placed = Placed.CONNECTION
    inherited: Inherited = NOTHING_INHERITED

    def text(self, name: str) -> str:
        said = self.texts.get(name)
        return said.value if said else ""

    @property
    def default_branch(self) -> str:
        return self.overrides.default_branch or self.text("default_branch")

    @property
    def arranged(self) -> PipelineOverrides:
        """What its stages are read by: its own settings, with the rules of all levels."""
        own = self.overrides.conventions
        rules = rules_of(own, self.inherited)
        if rules == own.rules:
            return self.overrides
        return replace(self.overrides, conventions=Conventions(rules, own.budgets))


def told(record: PipelineRecord, state: State, order: int) -> PipelineRecord:
    """With what this execution says of its pipeline. Of what several say the newest holds, in whatever order they are
    heard."""
    texts = dict(record.texts)
    for name in TEXTS:
        text, known = state.texts.get(f"pipeline_{name}"), texts.get(name)
        # Of one execution the merge has found the newest.
        if text is not None and (known is None or order >= known.order):
            texts[name] = Said(order, text.value)
    also = state.texts.get("pipeline_aliases")
    aliases = {*record.aliases, *(also.value.split(SEPARATOR) if also else ())}
    first = order if record.first_order < 0 else min(order, record.first_order)
    return replace(
        record,
        texts=texts,
        aliases=tuple(sorted(alias for alias in aliases if alias)[:MOST_ALIASES]),
        first_order=first,
        last_order=max(order, record.last_order),
    )
