"""The form by which a connection is let in to its tool's API."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms

from dashboard.forms.fields import StyledForm
from dashboard.tool_apis.errors import HostRefused
from dashboard.tool_apis.offers import Offer, is_region, is_role
from dashboard.tool_apis.reach import check_url
from storage.model.entities import ApiAccess

KEPT = "Set. Leave this empty to keep it; it is not shown again."
PLACE = "Give the address of what the token is for, such as {}."
UNNAMED = "An administrator has to name the server's address, such as {}."
OWN_SERVER = "It takes an administrator to name a server of your own; others are at {}/."
ANEW = "Give the token again: it is not sent to another address than it was given for."


def _address_help(offer: Offer, *, is_admin: bool) -> str:
    if offer.names_place:
        return f"Such as {offer.example}.{' A server may be a private one.' if is_admin else ''}"
    return f"Of your own server; empty for {offer.address}. It may be a private one."


class ApiAccessForm(StyledForm):
    """`stands`: what holds so far. Where a name is private, or this server's own credentials are lent, it takes an
    administrator: for all others these fields are not there, and what they say stays. An App needs no token."""

    token = forms.CharField(
        max_length=1000,
        required=False,
        label="Token",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    address = forms.CharField(max_length=300, required=False, label="API address")
    role = forms.CharField(max_length=600, required=False, label="Role to assume")
    regions = forms.CharField(max_length=600, required=False, label="Regions")
    reads_runs = forms.BooleanField(required=False, label="Read runs: past ones, and what webhooks lost")
    reads_logs = forms.BooleanField(required=False, label="Read the logs of jobs that failed")
    based_on = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, offer: Offer, stands: ApiAccess, is_admin: bool, **kwargs: Any) -> None:
        # It stands on a page with another form that has fields of these names.
        initial = {name: getattr(stands, name) for name in ("address", "role", "reads_runs", "reads_logs")}
        initial |= {"regions": " ".join(stands.regions), **kwargs.pop("initial", {})}
        super().__init__(*args, auto_id="api_%s", initial=initial, **kwargs)
        self.stands, self.offer = stands, offer
        by_token, by_app = offer.takes_token, bool(stands.app.id)
        self.fields["token"].help_text = KEPT if stands.token else offer.rights
        self.fields["address"].help_text = _address_help(offer, is_admin=is_admin)
        self.is_admin = is_admin
        self.fields["role"].help_text = f"Empty: none. {offer.rights}"
        self.fields["regions"].help_text = "Such as eu-west-1 us-east-1; empty: those that events come from."
        typed, lent = by_token and not by_app, not by_token and is_admin
        names = is_admin or (offer.names_place and bool(offer.address))
        shown = {"token": typed, "address": typed and names, "reads_logs": by_token or is_admin}
        for name, stays in {**shown, "role": lent, "regions": lent, "reads_runs": lent}.items():
            if not stays:
                del self.fields[name]

    def clean_token(self) -> str:
        token: str = self.cleaned_data["token"].strip()
        if not token.isascii() or not token.isprintable() or " " in token:
            raise forms.ValidationError("A token has no blanks, and no letters beyond ASCII.")
        return token

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"].strip().rstrip("/")
        if address:
            try:
                check_url(address, (urlsplit(address).hostname or "").lower())
            except (HostRefused, ValueError) as error:
                raise forms.ValidationError(f"Give an address such as {self.offer.example}.") from error
            if urlsplit(address).query or urlsplit(address).fragment:
                raise forms.ValidationError("Give the address alone, without a query.")
            if not self.is_admin and address != self.stands.address and not self.offer.is_within(address):
                raise forms.ValidationError(OWN_SERVER.format(self.offer.address))
        return address

    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"].strip()
        if role and not is_role(role):
            raise forms.ValidationError("Give the ARN of a role, such as arn:aws:iam::123456789012:role/reader.")
        return role

    def clean_regions(self) -> tuple[str, ...]:
        regions = tuple(dict.fromkeys(self.cleaned_data["regions"].replace(",", " ").split()))
        if wrong := next((one for one in regions if not is_region(one)), ""):
            raise forms.ValidationError(f"{wrong} is no region of AWS. Give them as eu-west-1 us-east-1.")
        return regions

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        moved = "address" in data and data["address"] != self.stands.address
        if moved and self.stands.token and not data.get("token"):
            self.add_error("token", ANEW)
        if self.offer.names_place and "token" in self.fields and not data.get("address", self.stands.address):
            named = "address" in self.fields
            self.add_error("address" if named else "token", (PLACE if named else UNNAMED).format(self.offer.example))
        return data

    def wanted(self, sealed: str) -> ApiAccess:
        """What is to hold. `sealed`: the token given, sealed; empty where none was. Of a form that is valid."""
        data, stands = self.cleaned_data, self.stands
        return ApiAccess(
            token=sealed or stands.token,
            address=data.get("address", stands.address),
            role=data.get("role", stands.role),
            reads_logs=data.get("reads_logs", stands.reads_logs),
            app=stands.app,
            reads_runs=data.get("reads_runs", stands.reads_runs),
            regions=data.get("regions", stands.regions),
        )
