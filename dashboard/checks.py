"""System checks: what can be wrong with the settings, said before the first request."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from storage.engines import open_engine


@register()
def storage_url(**_: Any) -> list[CheckMessage]:
    try:
        open_engine(settings.STORAGE_URL)
    except ValueError as error:
        return [Error(f"BIGTRANSIT_STORAGE_URL: {error}", id="bigtransit.E001")]
    return []


@register()
def first_administrator(**_: Any) -> list[CheckMessage]:
    if bool(settings.ADMIN_EMAIL) != bool(settings.ADMIN_PASSWORD):
        hint = "Set both, or neither and use /setup."
        return [Warning("Only one of BIGTRANSIT_ADMIN_EMAIL and _PASSWORD is set.", hint=hint, id="bigtransit.W001")]
    if settings.ADMIN_TOKEN and len(settings.ADMIN_TOKEN) < 32:
        return [Error("BIGTRANSIT_ADMIN_TOKEN: must have at least 32 characters", id="bigtransit.E002")]
    return []
