"""Forms about pipelines: their names, labels and stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from dashboard.forms.fields import StyledForm
from storage.model.entities import StageKind
from storage.model.overrides import LONGEST_LABEL, MOST_LABELS, PipelineOverrides, StageOverride

KINDS = [("", "by rule or name"), *((str(kind), str(kind).capitalize()) for kind in StageKind)]


class LabelsField(forms.CharField):
    """Labels between commas, each once whatever its case."""

    def clean(self, value: Any) -> Any:
        found: dict[str, str] = {}
        for word in (" ".join(word.split()) for word in super().clean(value).split(",")):
            found.setdefault(word.casefold(), word)
        labels = tuple(filter(None, found.values()))
        if len(labels) > MOST_LABELS:
            raise forms.ValidationError(f"No more than {MOST_LABELS} labels.")
        if any(len(label) > LONGEST_LABEL or '"' in label for label in labels):
            raise forms.ValidationError(f"A label has up to {LONGEST_LABEL} characters and no quotation mark.")
        return labels


class ArrangementForm(StyledForm):
    """A pipeline's own words, and for each of its stages a place, a kind and an environment, named stage-<n>-..."""

    name = forms.CharField(max_length=120, required=False, label="Name", help_text="Left empty: as its tool calls it.")
    default_branch = forms.CharField(
        max_length=120,
        required=False,
        label="Default branch",
        help_text="Whose runs count. Left empty: as its tool says.",
    )
    expected_hours = forms.IntegerField(
        min_value=1,
        max_value=24 * 366,
        required=False,
        label="A run is expected every … hours",
        help_text="When none began for so long it says “no signal, should have run”. Left empty: by its schedule.",
    )
    ignores_schedule = forms.BooleanField(required=False, label="Expect no runs by its schedule")
    labels = LabelsField(
        required=False,
        max_length=400,
        label="Labels",
        help_text=f"Up to {MOST_LABELS}, between commas. Lists are grouped and filtered by them.",
    )
    hidden = forms.BooleanField(required=False, label="Hide it from boards, health and search")
    ordered = forms.BooleanField(required=False, label="Keep stages in the order below")
    based_on = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, stages: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stages = list(stages)
        for number, stage in enumerate(self.stages):
            place = forms.IntegerField(min_value=1, max_value=200, initial=number + 1, label=f"Place of {stage}")
            kind = forms.ChoiceField(choices=KINDS, required=False, label=f"Kind of {stage}")
            where = forms.CharField(max_length=60, required=False, label=f"Environment {stage} deploys to")
            for name, field in (("place", place), ("kind", kind), ("environment", where)):
                field.widget.attrs["class"] = "input"
                self.fields[f"stage-{number}-{name}"] = field

    def rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        """A row a stage: its name, and its place, kind and environment."""
        names = ("place", "kind", "environment")
        return [(stage, [self[f"stage-{number}-{name}"] for name in names]) for number, stage in enumerate(self.stages)]

    def overrides(self) -> PipelineOverrides:
        data = self.cleaned_data
        found = [
            (data[f"stage-{number}-place"], number, self._setting(number, stage))
            for number, stage in enumerate(self.stages)
        ]
        stages = tuple(setting for _, _, setting in sorted(found, key=lambda each: each[:2]))
        if not data["ordered"]:
            stages = tuple(setting for setting in stages if setting.kind or setting.environment)
        return PipelineOverrides(
            name=data["name"],
            default_branch=data["default_branch"],
            hidden=data["hidden"],
            stages=stages,
            ordered=data["ordered"],
            expected_hours=data["expected_hours"] or 0,
            labels=data["labels"],
            ignores_schedule=data["ignores_schedule"],
        )

    def _setting(self, number: int, stage: str) -> StageOverride:
        kind = self.cleaned_data[f"stage-{number}-kind"]
        where = self.cleaned_data[f"stage-{number}-environment"]
        return StageOverride(stage, StageKind(kind) if kind else None, where)


def initial_of(overrides: PipelineOverrides, stages: Sequence[str]) -> dict[str, Any]:
    """What the form shows of a pipeline that is arranged so."""
    found: dict[str, Any] = {
        "name": overrides.name,
        "default_branch": overrides.default_branch,
        "hidden": overrides.hidden,
        "ordered": overrides.ordered,
        "expected_hours": overrides.expected_hours or None,
        "ignores_schedule": overrides.ignores_schedule,
        "labels": ", ".join(overrides.labels),
    }
    for number, stage in enumerate(stages):
        setting = overrides.setting(stage)
        found[f"stage-{number}-kind"] = str(setting.kind) if setting and setting.kind else ""
        found[f"stage-{number}-environment"] = setting.environment if setting else ""
    return found
