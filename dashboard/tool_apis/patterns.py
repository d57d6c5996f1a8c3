"""Which projects people mean."""

from __future__ import annotations

from fnmatch import fnmatchcase


def fits(project_id: str, only: str) -> bool:
    """`only`: patterns as a shell has them, one a word; empty for all."""
    patterns = only.split()
    return not patterns or any(fnmatchcase(project_id.casefold(), pattern.casefold()) for pattern in patterns)
