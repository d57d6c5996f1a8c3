"""Forms: what people type, cleaned."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from django import forms

from storage.model.accounts import Role, Scope
from storage.model.entities import StageKind, Team
from storage.model.overrides import LONGEST_LABEL, MOST_LABELS, PipelineOverrides, StageOverride

SLUG = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$")
RESERVED = frozenset({"new", "api", "admin", "manage", "live", "static"})


def slugify(name: str) -> str:
    """A team's address from its name: lower case letters, digits and single hyphens. Of a name without any of those, in
    whatever script, it follows from the name all the same. Empty where the name has no letter and no digit."""
    plain = unicodedata.normalize("NFKD", name).lower()
    found = re.sub(r"[^a-z0-9]+", "-", re.sub(r"[\u0300-\u036f]", "", plain)).strip("-")[:60].strip("-")
    if found or not any(letter.isalnum() for letter in name):
        return found
    return f"team-{hashlib.sha256(plain.encode('utf-8', 'replace')).hexdigest()[:8]}"


class StyledForm(forms.Form):
    """Widgets carry the stylesheet's class, and say which message speaks of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field, forms.BooleanField):
                field.widget.attrs["class"] = "input"

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound:
            for name in self.errors:
                if name in self.fields:
                    self.fields[name].widget.attrs.update(
                        {"aria-invalid": "true", "aria-describedby": f"{self[name].id_for_label}_error"}
                    )

    def rebase(self, on: str) -> None:
        """Told that somebody else changed it first: sent again, this form is meant for what stands now."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data["based_on"] = on
        self.data = data


def new_password(label: str, more: str = "") -> forms.CharField:
    return forms.CharField(
        max_length=4096,
        strip=False,
        label=label,
        help_text=f"At least 10 characters. {more}".strip(),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


def e_mail() -> forms.EmailField:
    """Of whoever fills in the form."""
    widget = forms.EmailInput(attrs={"autocomplete": "username"})
    return forms.EmailField(max_length=254, label="E-mail", widget=widget)


class SignInForm(StyledForm):
    email = e_mail()
    password = forms.CharField(
        max_length=4096, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class SetupForm(StyledForm):
    code = forms.CharField(max_length=40, label="One-time code", help_text="Printed by the server when it started.")
    name = forms.CharField(max_length=80, label="Your name")
    email = e_mail()
    password = new_password("Password")


class TeamForm(StyledForm):
    """`based_on`: the state of the team this was filled in from, so that nobody's change is overwritten unseen."""

    name = forms.CharField(max_length=80, label="Team name")
    slug = forms.CharField(
        max_length=60, required=False, label="Address", help_text="Made from the name when left empty."
    )
    description = forms.CharField(
        max_length=400, required=False, label="What this team runs", widget=forms.Textarea(attrs={"rows": 2})
    )
    is_open = forms.ChoiceField(
        choices=[("open", "Open to everybody who signs in"), ("closed", "Closed: members only")],
        label="Who may see it",
        required=False,
    )
    based_on = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        slug = data.get("slug") or slugify(data.get("name", ""))
        if "name" in data and (not SLUG.match(slug) or slug in RESERVED):
            self.add_error("slug", "Use lower-case letters, digits and hyphens, such as team-one.")
        data["slug"] = slug
        data["is_open"] = data.get("is_open") != "closed"
        return data


class ConfirmForm(StyledForm):
    """Typing the name of what cannot be brought back."""

    confirm = forms.CharField(max_length=200, required=False, label="Type the name to confirm", strip=True)

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["confirm"].label = f"Type {expected} to confirm"
        self.fields["confirm"].widget.attrs["autocomplete"] = "off"

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if typed != self.expected:
            raise forms.ValidationError(f"Type {self.expected}, exactly as it stands here.")
        return typed


ROLES = [(str(role), str(role).capitalize()) for role in Role]


class RoleForm(StyledForm):
    """`was`: the role the page showed."""

    user_id = forms.CharField(max_length=32)
    role = forms.ChoiceField(choices=ROLES)
    was = forms.CharField(max_length=20, required=False)


class TokenForm(StyledForm):
    name = forms.CharField(max_length=80, label="What is it for?")
    scopes = forms.MultipleChoiceField(
        choices=[
            (str(Scope.READ), "Read: what you may see"),
            (str(Scope.MANAGE), "Manage: what you may change"),
            (str(Scope.INGEST), "Ingest: post events"),
        ],
        initial=[str(Scope.READ)],
        label="May be used to",
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(
        choices=[(30, "30 days"), (90, "90 days"), (365, "a year"), (0, "until it is revoked")],
        coerce=int,
        initial=90,
        label="Good for",
    )
    team_id = forms.ChoiceField(required=False, label="Good for which team")

    def __init__(self, *args: Any, teams: Sequence[Team] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "All I may see"), *((team.id, team.name) for team in teams)]
        self.fields["team_id"].choices = choices  # type: ignore[attr-defined]
        self.fields["scopes"].widget.attrs.pop("class", None)


class ScreenForm(StyledForm):
    name = forms.CharField(max_length=80, label="Where does it hang?")


class PersonForm(StyledForm):
    name = forms.CharField(max_length=80, label="Name")
    is_admin = forms.BooleanField(required=False, label="Administrator: may do everything")
    is_active = forms.BooleanField(required=False, label="May sign in")
    based_on = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)


class NewPersonForm(StyledForm):
    email = forms.EmailField(max_length=254, label="E-mail")
    name = forms.CharField(max_length=80, label="Name", required=False)
    is_admin = forms.BooleanField(required=False, label="Administrator: may do everything")


class NameForm(StyledForm):
    name = forms.CharField(max_length=80, label="Your name")


class PasswordForm(StyledForm):
    present = forms.CharField(
        max_length=4096,
        strip=False,
        label="Present password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = new_password("New password", "Every session of yours ends, but this one.")
    end_tokens = forms.BooleanField(
        required=False,
        label="Revoke my API tokens, too",
        help_text="Where somebody else may know the present password. What uses them must be given new ones.",
    )


class NewPasswordForm(StyledForm):
    password = new_password("New password")


class MailForm(StyledForm):
    email = e_mail()


class JoinForm(StyledForm):
    """Whoever was invited by an e-mail joins with this one."""

    name = forms.CharField(max_length=80, label="Your name")
    email = e_mail()
    password = new_password("Password")

    def __init__(self, *args: Any, invited: str, **kwargs: Any) -> None:
        super().__init__(*args, initial={"email": invited}, **kwargs)
        if invited:
            self.fields["email"].disabled = True
            self.fields["email"].help_text = "You were invited by this address."


KINDS = [("", "by its name"), *((str(kind), str(kind).capitalize()) for kind in StageKind)]


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
        help_text="When none began for so long, the pipeline says “no signal, should have run”. Left empty: never.",
    )
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
        "labels": ", ".join(overrides.labels),
    }
    for number, stage in enumerate(stages):
        setting = overrides.setting(stage)
        found[f"stage-{number}-kind"] = str(setting.kind) if setting and setting.kind else ""
        found[f"stage-{number}-environment"] = setting.environment if setting else ""
    return found
