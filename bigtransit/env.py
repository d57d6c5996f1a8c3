"""Typed readers of environment variables. A value that cannot be right stops the start with the variable's name."""

from __future__ import annotations

import os
import re
import sys
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOOPBACK = "127.0.0.1"


class BadSetting(SystemExit):
    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str) -> bool:
    return text(name).lower() in ("1", "true", "yes", "on")


def integer(name: str, default: int, least: int = 1, most: int | None = None) -> int:
    value = text(name)
    if not value:
        return default
    if not value.isdigit() or int(value) < least:
        raise BadSetting(name, f"must be a whole number of at least {least}, not {value!r}")
    if most is not None and int(value) > most:
        raise BadSetting(name, f"must be a whole number of at most {most}, not {value!r}")
    return int(value)


def var() -> Path:
    """The folder of what the server writes, in the working directory where nothing else is said."""
    return Path(text("BIGTRANSIT_VAR", "var"))


def host() -> str:
    """Where to listen. Shells and package managers set HOST to the machine's name, which is no address: that is passed
    over, so that nobody's server listens where nobody asked it to."""
    given = text("BIGTRANSIT_HOST").strip("[]")
    if given:
        return given
    shell = text("HOST").strip("[]")
    if not shell or shell == "localhost" or _is_address(shell):
        return shell or LOOPBACK
    _say_once(f"HOST={shell!r} is no address and is passed over; BIGTRANSIT_HOST says where to listen.")
    return LOOPBACK


@lru_cache
def _say_once(line: str) -> None:
    print(line, file=sys.stderr)


def _is_address(word: str) -> bool:
    try:
        ip_address(word)
    except ValueError:
        return False
    return True


def at(host: str, port: int) -> str:
    """`host:port`, as addresses have it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def local_url(host: str, port: int) -> str:
    """Where a browser on this machine finds a server that listens there."""
    everywhere = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104
    return f"http://{at(everywhere.get(host, host), port)}"


def base_url(name: str, default: str) -> str:
    """A public address without a path: links, cookies and streams begin at the root."""
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadSetting(name, f"must be like https://transit.example.com, not {value!r}")
    if parts.path or parts.query or parts.fragment:
        raise BadSetting(name, f"must have no path: Big Transit is served at the root of a host, not at {parts.path!r}")
    return value


def words(name: str, default: list[str]) -> list[str]:
    found = [word.strip() for word in text(name).split(",") if word.strip()]
    return found or default


def networks(name: str, default: str = "") -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks or single addresses, separated by commas; `none` for none at all."""
    given = text(name, default)
    try:
        return tuple(ip_network(word.strip()) for word in given.split(",") if word.strip()) if given != "none" else ()
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
