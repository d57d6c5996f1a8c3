"""Forms: what people type, cleaned."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from dashboard.sources import SOURCES

SLUG = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$")
RESERVED = frozenset({"new", "api", "admin", "manage", "live", "static"})


def slugify(name: str) -> str:
    """A team's address from its name: lower case letters, digits and single hyphens. May be empty."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-")


class StyledForm(forms.Form):
    """Widgets carry the stylesheet's class, and say which message speaks of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "input"
            if self.is_bound and name in self.errors:
                field.widget.attrs.update({"aria-invalid": "true", "aria-describedby": f"id_{name}_error"})


class SignInForm(StyledForm):
    email = forms.EmailField(
        max_length=254, label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        max_length=4096, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class SetupForm(StyledForm):
    code = forms.CharField(max_length=40, label="One-time code", help_text="Printed by the server when it started.")
    name = forms.CharField(max_length=80, label="Your name")
    email = forms.EmailField(
        max_length=254, label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        max_length=4096,
        strip=False,
        help_text="At least 10 characters.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class TeamForm(StyledForm):
    name = forms.CharField(max_length=80, label="Team name")
    slug = forms.CharField(
        max_length=60, required=False, label="Address", help_text="Made from the name when left empty."
    )

    def clean(self) -> dict[str, str]:
        data = super().clean() or {}
        slug = data.get("slug") or slugify(data.get("name", ""))
        if "name" in data and (not SLUG.match(slug) or slug in RESERVED):
            self.add_error("slug", "Use lower-case letters, digits and hyphens, such as team-one.")
        data["slug"] = slug
        return data


class ConnectForm(StyledForm):
    """`topic_arn` is asked for only where events may come through an Amazon SNS topic."""

    source = forms.ChoiceField(choices=lambda: [(source.name, source.label) for source in SOURCES.values()])
    name = forms.CharField(
        max_length=80, required=False, label="Name", help_text="For yourself, such as the organisation."
    )
    topic_arn = forms.CharField(
        max_length=300,
        required=False,
        label="SNS topic ARN",
        help_text="Only where events come through Amazon SNS: messages of other topics are refused.",
    )


class TokenForm(StyledForm):
    name = forms.CharField(max_length=80, label="What is it for?")
