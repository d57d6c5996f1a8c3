"""At which tools hooks can be made by their APIs, and what is to be said for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HooksOffer:
    """label, hint: of the field that names where, by patterns. needed: whether it is to be filled in. group: hint of a
    field that names one place for several, empty where there is none. rights: what it takes. All plain text."""

    label: str
    hint: str
    rights: str
    needed: bool = True
    group: str = ""


HOOKS = {
    "azuredevops": HooksOffer(
        label="Projects",
        hint="Patterns of their names, such as Shop* Web?Store (? for a blank): a subscription for each kind of event.",
        rights="It takes a token of somebody who is an administrator of the projects.",
    ),
    "buildkite": HooksOffer(
        label="Organisations",
        hint="Patterns of their slugs. Empty: all that the token was given. One service sends for all their pipelines.",
        needed=False,
        rights=(
            "It takes a token with the scopes read_organizations, read_notification_services and "
            "write_notification_services, of somebody who may change notification services."
        ),
    ),
    "circleci": HooksOffer(
        label="Projects",
        hint="Patterns such as gh/acme/shop-* gh/acme/api: a webhook for each.",
        rights="It takes a token of an administrator of the organisation. A project has five webhooks at most.",
    ),
    "gitlab": HooksOffer(
        label="Or projects",
        hint="Patterns such as acme/shop-* acme/api: a hook for each.",
        group="Its path, such as acme or acme/platform: one hook for all its projects, on the Premium plan.",
        rights="It takes the scope api, and the role Owner of a group or Maintainer of projects.",
    ),
}
