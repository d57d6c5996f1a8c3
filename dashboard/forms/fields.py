"""What forms share: how they look, and fields that several have."""

from __future__ import annotations

from typing import Any

from django import forms


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


def e_mail(*, autofocus: bool = False) -> forms.EmailField:
    """Of whoever fills in the form; in the focus of the page where it is what one came to type."""
    widget = forms.EmailInput(attrs={"autocomplete": "username", "autofocus": autofocus})
    return forms.EmailField(max_length=254, label="E-mail", widget=widget)


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
