"""Typed readers of environment variables. A value that cannot be right stops the start with the variable's name."""

from __future__ import annotations

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import unquote, urlsplit


class BadSetting(SystemExit):
    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str) -> bool:
    return text(name).lower() in ("1", "true", "yes", "on")


def integer(name: str, default: int, least: int = 1) -> int:
    value = text(name)
    if not value:
        return default
    if not value.isdigit() or int(value) < least:
        raise BadSetting(name, f"must be a whole number of at least {least}, not {value!r}")
    return int(value)


def words(name: str, default: list[str]) -> list[str]:
    found = [word.strip() for word in text(name).split(",") if word.strip()]
    return found or default


def networks(name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks or single addresses, separated by commas."""
    try:
        return tuple(ip_network(word) for word in words(name, []))
    except ValueError as error:
        raise BadSetting(name, str(error)) from error


_ROLE = re.compile(r"(?P<group>.+?)=(?:(?P<admin>admin)|(?P<team>[a-z0-9-]+):(?P<role>viewer|member|manager))")


def group_roles(name: str) -> tuple[tuple[str, str, str], ...]:
    """`group=admin` and `group=team:role`, separated by commas, as (group, team's address, role)."""
    found = []
    for word in words(name, []):
        match = _ROLE.fullmatch(word)
        if match is None:
            raise BadSetting(name, f"{word!r} is neither group=admin nor group=team:role (viewer, member, manager)")
        found.append((match["group"].strip(), match["team"] or "", match["admin"] or match["role"]))
    return tuple(found)


def mail_server(name: str) -> dict[str, str | int | bool]:
    """Django's mail settings from `smtp://USER:PASSWORD@HOST:PORT` (STARTTLS), `smtps://` (TLS) or `smtp+plain://`."""
    url = urlsplit(text(name))
    if not url.scheme:
        return {}
    if url.scheme not in ("smtp", "smtps", "smtp+plain") or not url.hostname:
        raise BadSetting(name, "must be smtp://USER:PASSWORD@HOST:PORT, smtps:// or smtp+plain://")
    return {
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": url.port or (465 if url.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_TLS": url.scheme == "smtp",
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }
