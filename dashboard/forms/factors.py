"""Forms about second factors."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.forms.fields import StyledForm


def one_time_code(label: str, hint: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"})
    return forms.CharField(max_length=100, label=label, help_text=hint, widget=widget)


class CodeForm(StyledForm):
    """At the second step of signing in."""

    code = one_time_code("Code", "Six digits of your authenticator app, or one of your recovery codes.")


class ProofForm(StyledForm):
    """`fresh`: who is asked has just signed in, and need not prove it again."""

    proof = forms.CharField(
        max_length=4096,
        strip=False,
        label="Your password, or a code",
        help_text="Of your authenticator app, or a recovery code.",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, fresh: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if fresh:
            del self.fields["proof"]


class TotpForm(ProofForm):
    code = one_time_code("2. Code", "The six digits that the app shows now.")


class PolicyForm(StyledForm):
    second_factor_required = forms.BooleanField(
        required=False,
        label="Everybody with a password needs a second factor",
        help_text="Who has none must set one up before anything else opens, you too. Single sign-on is not affected.",
    )
