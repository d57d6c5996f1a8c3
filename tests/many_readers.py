"""People by the hundred, signed in past the form: one person has few event streams, and a password check costs half a
second of processor time."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STREAMS_OF_ONE = 32


def cookies(environment: dict[str, str], streams: int) -> list[str]:
    """A Cookie header for each of so many streams, of as few people as may have them, in the store of this server's
    environment. They see what is open to all."""
    people = -(-streams // STREAMS_OF_ONE)
    command = [sys.executable, "-m", "tests.many_readers", str(people)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=True, stdout=subprocess.PIPE)
    found = done.stdout.decode().split()
    return [found[number % people] for number in range(streams)]


def _sign_in(people: int) -> None:
    import django
    from django.conf import settings

    django.setup()
    from dashboard.auth.sessions import hash_secret
    from dashboard.store import get_store
    from storage.keys import new_id
    from storage.model.accounts import Session, User
    from tests.factories import BY

    store = get_store()
    for _ in range(people):
        key, secret, now = new_id(), secrets.token_urlsafe(32), store.now()
        user = User(id=key, email=f"{key}@example.com", name="Reader", password="", is_admin=False, created_at=now)
        store.users.create(user, BY)
        store.sessions.put(Session(key, hash_secret(secret), user.epoch, now, now + 3_600_000), BY)
        print(f"{settings.SESSION_COOKIE}={key}.{secret}")


if __name__ == "__main__":
    _sign_in(int(sys.argv[1]))
