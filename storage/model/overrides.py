"""How people arrange a pipeline: its name, its stages and where they deploy. Laid over what its tool says, at reading;
nothing of it is merged, so that taking it back leaves no trace."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol, TypeVar

from storage.model.conventions import is_production, kind_of
from storage.model.document import Document, replace
from storage.model.entities import Deployment, Stage, StageKind, Status
from storage.model.stage_rules import NO_CONVENTIONS, Conventions, rule_for

MOST_LABELS, LONGEST_LABEL = 10, 30


class StageOverride(Document, frozen=True):
    """`kind` None: by its name. `environment` empty: it deploys nowhere."""

    name: str
    kind: StageKind | None = None
    environment: str = ""


class PipelineOverrides(Document, frozen=True):
    """Empty words leave what the tool says. `ordered`: stages stand as listed here, others after them.
    `expected_hours`: a run is to begin at least so often; 0 where nobody said so. `expected_by`: the name of who did.
    `ignores_schedule`: no run is expected by its schedule. `labels`: what lists are grouped and filtered by.
    `conventions`: rules about its stages and their budgets, of this pipeline alone."""

    name: str = ""
    default_branch: str = ""
    hidden: bool = False
    stages: tuple[StageOverride, ...] = ()
    ordered: bool = False
    expected_hours: int = 0
    labels: tuple[str, ...] = ()
    conventions: Conventions = NO_CONVENTIONS
    expected_by: str = ""
    ignores_schedule: bool = False

    @property
    def fingerprint(self) -> str:
        """Tells whether two are the same, as text that may be shown."""
        return hashlib.sha256(repr(self).encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def setting(self, stage: str) -> StageOverride | None:
        return next((setting for setting in self.stages if setting.name == stage), None)

    def kind(self, stage: str, told: StageKind | None = None) -> StageKind:
        """What was chosen for this stage, then the first rule that matches. `told`: by its tool, else by its name."""
        if chosen := self.chosen(stage):
            return chosen
        if rule := rule_for(self.conventions.rules, stage):
            return rule.kind
        return told or kind_of(stage)

    def chosen(self, stage: str) -> StageKind | None:
        """A stage that puts versions into production is a production stage, unless a kind was chosen."""
        setting = self.setting(stage) if self.stages else None
        if setting is None:
            return None
        return setting.kind or (StageKind.PRODUCTION if is_production(setting.environment) else None)


NO_OVERRIDES = PipelineOverrides()


class Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def in_order(found: Sequence[N], overrides: PipelineOverrides) -> tuple[N, ...]:
    """The listed ones as listed, then the others as they stood."""
    if not overrides.ordered:
        return tuple(found)
    places = {setting.name: place for place, setting in enumerate(overrides.stages)}
    return tuple(sorted(found, key=lambda named: places.get(named.name, len(places))))


def overridden(stages: Sequence[Stage], overrides: PipelineOverrides) -> tuple[Stage, ...]:
    if overrides == NO_OVERRIDES:
        return tuple(stages)
    kinds = [replace(stage, kind=overrides.kind(stage.name, stage.kind)) for stage in stages]
    return in_order(kinds, overrides)


def deployments(stages: Sequence[Stage], overrides: PipelineOverrides) -> tuple[Deployment, ...]:
    """What the stages put where, by what people said of them."""
    found = []
    for stage in stages:
        setting = overrides.setting(stage.name) if overrides.stages else None
        if setting and setting.environment and stage.finished_at and stage.status is Status.SUCCEEDED:
            found.append(Deployment(setting.environment, stage.status, stage.finished_at, stage.url))
    return tuple(found)
