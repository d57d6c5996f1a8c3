"""Forms about teams and the roles in them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Any

from django import forms

from dashboard.forms.fields import StyledForm
from storage.model.accounts import Role

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


ROLES = [(str(role), str(role).capitalize()) for role in Role]


class RoleForm(StyledForm):
    """`was`: the role the page showed."""

    user_id = forms.CharField(max_length=32)
    role = forms.ChoiceField(choices=ROLES)
    was = forms.CharField(max_length=20, required=False)
