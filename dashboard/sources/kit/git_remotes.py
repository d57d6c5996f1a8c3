"""Addresses of git repositories as tools tell them: `https://host/acme/shop.git`, `git@host:acme/shop.git`."""

from __future__ import annotations

import re
from typing import NamedTuple

from dashboard.sources.kit.payload import name

# With a scheme, or the short form of ssh, where a colon stands before the path.
_URL = re.compile(r"\A[a-z+]+://(?:[^/@\s]*@)?([^/:@\s]+)(?::[0-9]+)?/+([^\s?#]+)", re.IGNORECASE)
_SSH = re.compile(r"\A(?:[^/@:\s]+@)?([^/@:\s]+):(?!//)([^\s?#]+)")


class Remote(NamedTuple):
    """host: of its server, lower case. path: what it is called there ("acme/shop"). Empty where it cannot be told."""

    host: str = ""
    path: str = ""


def remote(address: str) -> Remote:
    found = _URL.fullmatch(address.strip()) or _SSH.fullmatch(address.strip())
    if found is None:
        return Remote()
    return Remote(found[1].lower(), name(found[2].strip("/").removesuffix(".git")))


def same_repository(one: str, other: str) -> bool:
    """Whether two addresses name one repository, however they reach it. Not where one of them cannot be told."""
    first, second = remote(one), remote(other)
    return bool(first.path) and (first.host, first.path.lower()) == (second.host, second.path.lower())
