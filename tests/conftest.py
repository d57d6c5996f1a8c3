"""Fixtures of all tests: the clock in the test's hand, a store of its own, somebody signed in, no way out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

import hypothesis
import pytest
from pytest_socket import enable_socket, socket_allow_hosts

from storage.store import Store
from storage.table import Table
from tests.chromium import browser, chromium
from tests.copies import empty_engine
from tests.factories import IN_MEMORY, Clock, administrator
from tests.storage.engines import (
    concurrent_table,
    dynamodb_table,
    large_table,
    local_endpoint,
    local_engine,
    local_table,
    moto_engine,
    moto_prepared,
    moto_table,
    sqlite_table,
    table,
)

if TYPE_CHECKING:
    from tests.dashboard.visiting import Visitor

__all__ = [
    "browser",
    "chromium",
    "concurrent_table",
    "dynamodb_table",
    "large_table",
    "local_endpoint",
    "local_engine",
    "local_table",
    "moto_engine",
    "moto_prepared",
    "moto_table",
    "sqlite_table",
    "table",
]

# The laws of the merge alone take most of ci's examples; see tests/storage/test_merge.py.
_QUIET = (hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture)
for name, examples in (("local", 30), ("ci", 150)):
    hypothesis.settings.register_profile(
        name, max_examples=examples, deadline=None, database=None, suppress_health_check=_QUIET
    )
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")
# Of tests that plant failures by chance: another one each run of CI. Processes that run tests have it from the first.
os.environ.setdefault("BIGTRANSIT_SEED", str(SystemRandom().randrange(10**9)) if os.environ.get("CI") else "7")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"failures were planted with BIGTRANSIT_SEED={os.environ['BIGTRANSIT_SEED']}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Nothing leaves this machine."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


def pytest_unconfigure() -> None:
    enable_socket()


@pytest.fixture(scope="session", autouse=True)
def _servers_use_the_real_settings() -> None:
    """A process that a test starts is a server like any other; pytest-django left our settings in the environment."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "bigtransit.settings"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The process's own store for one test, on a fixed clock."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        engine = empty_engine(Path(folder) / "store" / "test.db")
        found = Store(Table(engine, clock))
        found.recorder._pause = lambda _: None
        monkeypatch.setattr("dashboard.store.open_store", lambda *_, **__: found)
        _forget()
        yield found
        _forget()
        engine.close()


def _forget() -> None:
    """What the process remembers from one request to the next."""
    from dashboard.auth.last_seen import last_seen
    from dashboard.operations.readiness import readiness
    from dashboard.screens.kept import forget_all
    from dashboard.store import get_store
    from dashboard.timekeeping import timekeeper
    from dashboard.webhooks.activity import heard_events
    from dashboard.webhooks.fetching import network
    from dashboard.webhooks.ingest import _noted
    from dashboard.webhooks.receive import _find_connection

    for cached in (get_store, _find_connection, network.certificate):
        cached.cache_clear()
    forget_all()
    _noted.clear()
    last_seen._waiting.clear()
    heard_events.forget()
    readiness.forget()
    timekeeper.__init__()  # type: ignore[misc]


@pytest.fixture
def visitor(store: Store) -> Visitor:
    """An administrator, signed in."""
    from tests.dashboard.visiting import Visitor

    return Visitor(store, administrator(store))


@pytest.fixture
def stranger(store: Store) -> Visitor:
    """Nobody: a browser without a cookie, though somebody could sign in."""
    from tests.dashboard.visiting import Visitor

    administrator(store)
    return Visitor(store, None)
