"""`manage.py doctor`: each thing that can be wrong is found, and told with what to do."""

from __future__ import annotations

import os
from io import StringIO
from ipaddress import ip_network
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from dashboard.operations.diagnosis import examine
from dashboard.operations.findings import WARNING, WRONG
from storage.errors import Throttled, Unavailable
from storage.model.timekeeping import DAY_MS
from storage.store import Store
from tests.dashboard.auth.proving import with_app
from tests.factories import a_connection, a_team, a_user, administrator


@pytest.fixture
def placed(store: Store, settings, tmp_path: Path) -> Path:
    """The embedded store's folder, as the settings tell it."""
    folder = tmp_path / "var"
    folder.mkdir()
    for name in ("store.db", "store.key"):
        (folder / name).touch(0o600)
    settings.STORAGE_URL = f"sqlite:///{folder}/store.db"
    administrator(store)
    return folder


def told(store: Store, level: str) -> str:
    return "\n".join(f"{part}: {one.words} {one.cure}" for part, one in examine(store) if one.level == level)


def test_all_is_well_and_every_part_says_so(store: Store, placed: Path) -> None:
    out = StringIO()
    call_command("doctor", stdout=out)
    for part in ("settings", "files", "store", "clock", "secrets", "proxies", "connections", "jobs", "inbox"):
        assert f"ok       {part}: " in out.getvalue()
    assert "error" not in out.getvalue()
    assert "warning" not in out.getvalue()


def test_what_is_wrong_ends_with_an_error(store: Store, placed: Path) -> None:
    store.table.engine.close()
    store.probe = Mock(side_effect=Throttled("too much"))  # type: ignore[method-assign]
    with pytest.raises(CommandError, match="1 things are wrong"):
        call_command("doctor", stdout=StringIO())
    assert "Throttled: too much" in told(store, WRONG)


def test_table_that_is_missing_names_the_command(store: Store, placed: Path) -> None:
    from storage.store import open_store

    empty = open_store(f"sqlite:///{placed}/store.db")
    assert "prepare_store" in told(empty, WRONG)


def test_key_of_another_installation_is_found(store: Store, placed: Path, settings) -> None:
    a_connection(store, a_team(store).id)
    with_app(store, a_user(store))
    assert told(store, WRONG) == ""
    settings.SECRET_KEY = "another key that sealed nothing here, long enough"
    assert "no key opens the secret of github of" in told(store, WRONG)
    assert "no key opens the authenticator app of" in told(store, WRONG)


def test_clock_that_is_behind_or_jumped_is_found(store: Store, placed: Path) -> None:
    store.timekeepers.check(running_ms=None, agreed=True)
    real = store.table.now
    store.now = store.timekeepers._now = lambda: real() - 3 * DAY_MS
    assert "the clock is 3 days behind" in told(store, WRONG)
    store.now = store.timekeepers._now = lambda: real() + 400 * DAY_MS
    store.timekeepers.check(running_ms=None, agreed=False)
    assert "jumped ahead" in told(store, WARNING)


def test_proxy_that_is_not_named_is_found_until_it_is(store: Store, placed: Path, settings) -> None:
    store.proxies.note("172.18.0.2", "X-Forwarded-For")
    assert "BIGTRANSIT_TRUSTED_PROXIES=172.18.0.2" in told(store, WARNING)
    settings.TRUSTED_PROXIES = (ip_network("172.16.0.0/12"),)
    assert told(store, WARNING) == ""


def test_public_address_without_tls_and_open_key_are_found(store: Store, placed: Path, settings) -> None:
    settings.BASE_URL = "http://transit.example"
    (placed / "store.key").chmod(0o644)
    words = told(store, WARNING)
    assert "in the clear" in words
    assert f"chmod 600 {placed}/store.key" in words


def test_file_of_another_user_is_named_with_its_path(
    store: Store, placed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = placed / "store.db"
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != database)
    assert f"{database} cannot be written" in told(store, WRONG)


def test_dead_letters_and_an_empty_installation_are_found(store: Store, placed: Path) -> None:
    a_team(store)
    store.deliveries.count_dead = Mock(return_value={"c": 2})  # type: ignore[method-assign]
    store.users.any_exists = Mock(return_value=False)  # type: ignore[method-assign]
    words = told(store, WARNING)
    assert "2 deliveries could not be applied" in words
    assert "/setup" in words


def test_start_tells_of_a_proxy_that_is_not_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard.operations.startup import announce

    store.proxies.note("172.18.0.2", "X-Forwarded-For")
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    lines = "\n".join(announce("http://127.0.0.1:8000"))
    assert "BIGTRANSIT_TRUSTED_PROXIES=172.18.0.2" in lines
    assert "FORWARDED_ALLOW_IPS is passed over" in lines


def test_store_that_fails_meanwhile_is_told_and_the_rest_looked_at(store: Store, placed: Path) -> None:
    store.timekeepers.find = Mock(side_effect=Unavailable("away"))  # type: ignore[method-assign]
    assert "clock: the store failed: Unavailable: away" in told(store, WRONG)
    assert [part for part, _ in examine(store)][-1] == "inbox"
