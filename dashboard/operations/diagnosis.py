"""What `manage.py doctor` looks at, part by part. Each finding says what to do."""

from __future__ import annotations

import os
import resource
import shutil
import stat
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import ERROR, Tags, run_checks
from django.urls import reverse

from dashboard.auth.addresses import is_believed
from dashboard.auth.forwarding import words_for
from dashboard.auth.second_factor import apps_of_all, is_readable
from dashboard.operations.connections import connections
from dashboard.operations.findings import OK, WARNING, WRONG, Finding
from dashboard.operations.startup import needs_rebuild
from dashboard.operations.work import inbox, jobs
from dashboard.webhooks.connecting import connections_of, secrets_of
from storage.errors import StorageError, TableMissing
from storage.model.timekeeping import DAY_MS
from storage.store import Store

FEWEST_BYTES = 256 * 1024 * 1024
FEWEST_DESCRIPTORS = 4096
EMBEDDED = "sqlite:///"


Examination = Callable[[Store], Iterator[Finding]]


def examine(store: Store) -> Iterator[tuple[str, Finding]]:
    """Every finding with the name of its part. What needs a store that is out of reach is left out."""
    for name, look in ALWAYS.items():
        for finding in look(store):
            yield name, finding
    found = list(_store(store))
    for finding in found:
        yield "store", finding
    if any(finding.level == WRONG for finding in found):
        return
    for name, look in WITH_STORE.items():
        try:
            for finding in look(store):
                yield name, finding
        except StorageError as error:
            yield name, Finding(WRONG, f"the store failed: {type(error).__name__}: {error}", "Run doctor again.")


def _settings(_: Store) -> Iterator[Finding]:
    behind_tls = urlsplit(settings.BASE_URL).scheme == "https"
    tags = [Tags.security] if behind_tls else None
    messages = [*run_checks(), *(run_checks(tags=tags, include_deployment_checks=True) if tags else [])]
    for message in messages:
        yield Finding(WRONG if message.level >= ERROR else WARNING, message.msg, message.hint or "")
    if not behind_tls and not _is_loopback(urlsplit(settings.BASE_URL).hostname or ""):
        cure = "Put a proxy with TLS before it and set BIGTRANSIT_BASE_URL=https://…: docs/operations.md"
        yield Finding(WARNING, f"{settings.BASE_URL}: passwords and sessions travel in the clear", cure)
    if not messages:
        yield Finding(OK, f"served at {settings.BASE_URL}")


def _descriptors(_: Store) -> Iterator[Finding]:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < FEWEST_DESCRIPTORS:
        cure = f"Let the service have at least {FEWEST_DESCRIPTORS} (systemd: LimitNOFILE, shell: ulimit -n)."
        yield Finding(WARNING, f"{hard} open files are few: each open page needs one", cure)


def _files(_: Store) -> Iterator[Finding]:
    """The embedded store's folder and files, as this user finds them."""
    if not settings.STORAGE_URL.startswith(EMBEDDED):
        return
    path = Path(settings.STORAGE_URL.removeprefix(EMBEDDED)).absolute()
    me = os.geteuid()
    whole = True
    for one in (path.parent, path, *(Path(f"{path}{end}") for end in ("-wal", "-shm", ".lock"))):
        if one.exists() and not os.access(one, os.R_OK | os.W_OK):
            whole = False
            cure = f"chown it to the user that runs the server (this is {me}): chown -R {me} {path.parent}"
            yield Finding(WRONG, f"{one} cannot be written: it belongs to {one.stat().st_uid}", cure)
    key = path.with_suffix(".key")
    if key.exists() and (mode := stat.S_IMODE(key.stat().st_mode)) & 0o077:
        whole = False
        yield Finding(WARNING, f"{key} can be read by others (mode {mode:o})", f"chmod 600 {key}")
    free = shutil.disk_usage(path.parent).free if path.parent.exists() else FEWEST_BYTES
    if free < FEWEST_BYTES:
        whole = False
        yield Finding(WARNING, f"{path.parent} has {free // 1_048_576} MiB free", "Make room before the disk is full.")
    if whole:
        yield Finding(OK, f"{path.parent} can be written")


def _store(store: Store) -> Iterator[Finding]:
    try:
        store.probe()
    except TableMissing as error:
        yield Finding(WRONG, f"the table is missing: {error}", "Run: python manage.py prepare_store")
    except StorageError as error:
        yield Finding(WRONG, f"{type(error).__name__}: {error}", "See BIGTRANSIT_STORAGE_URL and docs/operations.md.")
    else:
        yield Finding(OK, "takes writes, and its table is right")


def _contents(store: Store) -> Iterator[Finding]:
    if needs_rebuild(store):
        yield Finding(WARNING, "an earlier version wrote it", "Run: python manage.py rebuild")
    if not store.users.any_exists():
        yield Finding(WARNING, "nobody can sign in yet", f"Open {settings.BASE_URL}{reverse('setup')}")
    dead = sum(sum(store.deliveries.count_dead(entry.team.id).values()) for entry in store.teams.list_all())
    if dead:
        yield Finding(WARNING, f"{dead} deliveries could not be applied", "See the connections' pages: dead letters.")


def _clock(store: Store) -> Iterator[Finding]:
    known, now = store.timekeepers.find(), store.now()
    if known is not None and known.jumped_to:
        cure = "Set the clock right, or say on the Admin page that it is."
        yield Finding(WARNING, "the clock jumped ahead by more than a day: nothing that expired is removed", cure)
    elif known is not None and known.seen_at - now > DAY_MS:
        behind = (known.seen_at - now) // DAY_MS
        yield Finding(WRONG, f"the clock is {behind} days behind the latest time it told", "Set it right.")
    else:
        yield Finding(OK, "goes on from the latest time it told")


def _secrets(store: Store) -> Iterator[Finding]:
    unreadable, total = [], 0
    for entry in store.teams.list_all():
        for listed in connections_of(store, entry.team.id):
            connection = store.connections.find(listed.id)
            total += 1
            if connection is not None and not any(secrets_of(connection, store.now())):
                unreadable.append(f"{connection.source} of {entry.team.name}")
    if unreadable:
        cure = "Start with the key they were sealed under (BIGTRANSIT_SECRET_KEY), or rotate their secrets."
        yield Finding(WRONG, f"no key opens the secret of {', '.join(unreadable[:5])} ({len(unreadable)})", cure)
    else:
        yield Finding(OK, f"the key opens the secrets of all {total} connections")
    lost = [user.email for user, totp in apps_of_all(store) if not is_readable(totp)]
    if lost:
        cure = "Start with the key they were sealed under, or reset their second factor (docs/sign-in.md)."
        yield Finding(WRONG, f"no key opens the authenticator app of {', '.join(lost[:5])} ({len(lost)})", cure)


def _proxies(store: Store) -> Iterator[Finding]:
    seen = store.proxies.find_unbelieved()
    if seen is not None and not is_believed(seen.address):
        yield Finding(WARNING, words_for(seen.address, seen.header), "docs/operations.md, Behind a proxy")
    else:
        named = ", ".join(map(str, settings.TRUSTED_PROXIES)) or "nobody"
        yield Finding(OK, f"what they forward is believed of {named}")


def _mail(_: Store) -> Iterator[Finding]:
    if settings.EMAIL_CONFIGURED:
        yield Finding(OK, f"goes out through {settings.EMAIL_HOST}, from {settings.DEFAULT_FROM_EMAIL}")
    else:
        cure = "Set BIGTRANSIT_EMAIL_URL where mails are wanted (docs/configuration.md)."
        yield Finding(OK, "no mail server is set: links are shown, weekly reports are not sent", cure)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


ALWAYS: dict[str, Examination] = {"settings": _settings, "open files": _descriptors, "files": _files, "mail": _mail}
WITH_STORE: dict[str, Examination] = {
    "content": _contents,
    "clock": _clock,
    "secrets": _secrets,
    "proxies": _proxies,
    "connections": connections,
    "jobs": jobs,
    "inbox": inbox,
}
