"""System checks: what can be wrong with the settings, said before the first request."""

from __future__ import annotations

from typing import Any

from authlib.common.security import is_secure_transport
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


@register()
def single_sign_on(**_: Any) -> list[CheckMessage]:
    found = [
        *_half("E010", ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")),
        *_half("E011", ("GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET")),
    ]
    urls = {"OIDC_ISSUER": settings.OIDC_ISSUER, "GITHUB_URL": settings.GITHUB_URL}
    open_to_read = [name for name, url in urls.items() if url and not is_secure_transport(url)]
    named = {*settings.ALLOWED_GROUPS, *(group for group, _, _ in settings.GROUP_ROLES)}
    if settings.GITHUB_CLIENT_ID and not settings.OIDC_ISSUER and not settings.PROXY_USER_HEADER:
        bare = sorted(group for group in named if not group.startswith("github:"))
        found.extend(
            Error(f"{group!r}: groups at GitHub are named github:{group}", id="bigtransit.E015") for group in bare
        )
    if settings.GITHUB_CLIENT_ID and settings.GITHUB_URL == "https://github.com" and not settings.ALLOWED_GROUPS:
        hint = "Name your organisations: BIGTRANSIT_ALLOWED_GROUPS=github:acme"
        found.append(Warning("Anybody at GitHub can sign in and see open teams.", hint=hint, id="bigtransit.W002"))
    found.extend(Error(f"BIGTRANSIT_{name}: must be an https address", id="bigtransit.E012") for name in open_to_read)
    return found


@register()
def trusted_proxy(**_: Any) -> list[CheckMessage]:
    if settings.PROXY_USER_HEADER and not settings.TRUSTED_PROXIES:
        why = "BIGTRANSIT_TRUSTED_PROXIES: is required with BIGTRANSIT_PROXY_USER_HEADER, or anybody could be anybody"
        return [Error(why, id="bigtransit.E013")]
    others = (settings.PROXY_EMAIL_HEADER, settings.PROXY_NAME_HEADER, settings.PROXY_GROUPS_HEADER)
    if any(others) and not settings.PROXY_USER_HEADER:
        return [Error("BIGTRANSIT_PROXY_USER_HEADER: is required with the other headers", id="bigtransit.E014")]
    return []


def _half(number: str, names: tuple[str, ...]) -> list[CheckMessage]:
    missing = [f"BIGTRANSIT_{name}" for name in names if not getattr(settings, name)]
    if not missing or len(missing) == len(names):
        return []
    return [Error(f"{', '.join(missing)}: must be set too, or single sign-on stays off", id=f"bigtransit.{number}")]
