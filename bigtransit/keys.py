"""The signing key: from the environment, or made once and kept beside the embedded store."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from bigtransit.env import BadSetting
from storage.engines.file_access import files_at, key_at, obstacle

SHORTEST = 32


def secret_key(given: str, storage_url: str) -> str:
    """Raises BadSetting when it is too short, or missing where there is no place of our own to keep one. Ends with a
    sentence where that place is not to be used."""
    if given:
        if len(given) < SHORTEST:
            raise BadSetting("BIGTRANSIT_SECRET_KEY", f"must have at least {SHORTEST} characters")
        return given
    if not storage_url.startswith("sqlite:///"):
        raise BadSetting("BIGTRANSIT_SECRET_KEY", "is required when the store is not the embedded one")
    store = Path(storage_url.removeprefix("sqlite:///"))
    key = key_at(store)
    try:
        return _kept_at(key)
    except OSError as error:
        raise SystemExit(obstacle(files_at(store)) or f"{key}: {error.strerror}") from error


def _kept_at(path: Path) -> str:
    """Whole or not at all: written aside, then linked into place, so that a second process never reads half a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        aside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
        aside.unlink()
    return _read(path)


def _read(path: Path) -> str:
    key = path.read_text().strip()
    if len(key) < SHORTEST:
        raise BadSetting("BIGTRANSIT_SECRET_KEY", f"{path} holds no usable key: remove it or set the variable")
    return key
