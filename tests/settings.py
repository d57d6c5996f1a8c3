"""The project's settings as tests use them: no store but the one a test makes, nothing of the caller's environment."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from unittest.mock import patch

# Nothing prepares this file: a test that forgets its `store` fixture finds no table.
NO_STORE = Path(tempfile.gettempdir()) / "bigtransit-test-without-store.db"
_KEPT = {name: value for name, value in os.environ.items() if not name.startswith("BIGTRANSIT_")}
_KEPT = {name: value for name, value in _KEPT.items() if name not in ("HOST", "PORT")}
_OWN = {
    "BIGTRANSIT_SECRET_KEY": "a-signing-key-that-only-tests-ever-use",
    "BIGTRANSIT_STORAGE_URL": f"sqlite:///{NO_STORE}",
    "BIGTRANSIT_ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
}

with patch.dict(os.environ, {**_KEPT, **_OWN}, clear=True):
    from bigtransit.settings import *  # noqa: F403

# The manifest needs collectstatic, and Argon2 takes its time on purpose.
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("whitenoise.")]  # noqa: F405
