"""Forms of a connection that is a GitHub App: where it is to be registered, and another key of it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms

from dashboard.forms.fields import StyledForm
from dashboard.tool_apis.errors import HostRefused
from dashboard.tool_apis.github_app import NO_KEY, is_private_key
from dashboard.tool_apis.reach import check_url

_ORGANISATION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?")
# It goes into a header that says where a form may be sent.
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?")
NO_SERVER = "Give the address of the server's pages alone, such as https://github.example.com."


class RegisterAppForm(StyledForm):
    """Where a name is private, it takes an administrator: for all others the server's field is not there."""

    organisation = forms.CharField(
        max_length=100,
        required=False,
        label="Organisation",
        help_text="Whose App it is to be, as in github.com/<name>. Empty: your own account's.",
    )
    server = forms.CharField(
        max_length=300,
        required=False,
        label="GitHub Enterprise",
        help_text="The address of your own server. Empty for github.com.",
    )
    is_public = forms.BooleanField(
        required=False,
        label="Others than its owner may install it",
        help_text="Needed where the App is not the organisation's own. Only the installation that you choose counts.",
    )

    def __init__(self, *args: Any, is_admin: bool, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="app_%s", **kwargs)
        if not is_admin:
            del self.fields["server"]

    def clean_organisation(self) -> str:
        organisation: str = self.cleaned_data["organisation"].strip()
        if organisation and _ORGANISATION.fullmatch(organisation) is None:
            raise forms.ValidationError("Give the name in the organisation's address: letters, digits and hyphens.")
        return organisation

    def clean_server(self) -> str:
        server: str = self.cleaned_data["server"].strip().rstrip("/").lower()
        if server:
            try:
                check_url(server, urlsplit(server).hostname or "")
            except (HostRefused, ValueError) as error:
                raise forms.ValidationError(NO_SERVER) from error
            if _ORIGIN.fullmatch(server) is None:
                raise forms.ValidationError(NO_SERVER)
        return server


class AppKeyForm(StyledForm):
    key = forms.CharField(
        max_length=10_000,
        label="Another private key",
        help_text="The text of the .pem file that GitHub makes in the App's settings. It is tried before it is kept.",
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="app_%s", **kwargs)

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"].strip() + "\n"
        if not is_private_key(key):
            raise forms.ValidationError(f"{NO_KEY}.")
        return key
