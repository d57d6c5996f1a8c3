"""What `manage.py doctor` says of one thing."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARNING, WRONG = "ok", "warning", "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """`level`: ok, warning or error. `words`: what is so. `cure`: what to do, empty where nothing is to be done."""

    level: str
    words: str
    cure: str = ""
