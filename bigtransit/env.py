"""Typed readers of environment variables. A value that cannot be right stops the start with the variable's name."""

from __future__ import annotations

import os


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
