"""Forms of connections, with a field for each option that a source declares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from dashboard.forms.fields import StyledForm
from dashboard.sources.kit.source import Option


class OptionsForm(StyledForm):
    """A form of a connection, with a field for each option that its source declares."""

    def __init__(self, *args: Any, options: Sequence[Option], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.declared = tuple(options)
        for option in self.declared:
            field = OptionField(option)
            field.widget.attrs["class"] = "input"
            self.fields[option.name] = field

    def option_fields(self) -> list[forms.BoundField]:
        return [self[option.name] for option in self.declared]

    def options(self) -> dict[str, str]:
        """What was entered, by name. Of a form that is valid."""
        return {option.name: self.cleaned_data[option.name] for option in self.declared}


class OptionField(forms.CharField):
    def __init__(self, option: Option) -> None:
        super().__init__(required=False, label=option.label, help_text=option.hint)
        self.option = option

    def clean(self, value: Any) -> str:
        try:
            return self.option.clean(super().clean(value))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class ConnectForm(OptionsForm):
    name = forms.CharField(
        max_length=80, required=False, label="Name", help_text="For yourself, such as the organisation."
    )


class ConnectionForm(OptionsForm):
    name = forms.CharField(max_length=80, required=False, label="Name")
    based_on = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
