"""Forms about accounts: signing in, joining, and what people change of themselves."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.forms.fields import StyledForm, e_mail, new_password


class SignInForm(StyledForm):
    email = e_mail(autofocus=True)
    password = forms.CharField(
        max_length=4096, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class SetupForm(StyledForm):
    code = forms.CharField(max_length=40, label="One-time code", help_text="Printed by the server when it started.")
    name = forms.CharField(max_length=80, label="Your name")
    email = e_mail()
    password = new_password("Password")


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
