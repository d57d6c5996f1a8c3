"""Where the server listens, by what the environment says."""

from __future__ import annotations

import pytest

from bigtransit import env


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "BIGTRANSIT_HOST"):
        monkeypatch.delenv(name, raising=False)
    env._say_once.cache_clear()


@pytest.mark.parametrize(
    ("told", "host"),
    [
        ({}, "127.0.0.1"),
        ({"HOST": "0.0.0.0"}, "0.0.0.0"),
        ({"HOST": "::"}, "::"),
        ({"HOST": "[::1]"}, "::1"),
        ({"HOST": "localhost"}, "localhost"),
        ({"HOST": "x86_64-conda-linux-gnu"}, "127.0.0.1"),
        ({"HOST": "mara-laptop"}, "127.0.0.1"),
        ({"HOST": "mara-laptop", "BIGTRANSIT_HOST": "10.0.0.7"}, "10.0.0.7"),
        ({"BIGTRANSIT_HOST": "transit.internal"}, "transit.internal"),
    ],
)
def test_listens_where_it_is_told_and_never_at_a_machines_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], told: dict[str, str], host: str
) -> None:
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert env.host() == host
    passed_over = host == "127.0.0.1" and "HOST" in told
    assert ("is passed over" in capsys.readouterr().err) == passed_over


@pytest.mark.parametrize(
    ("host", "at", "url"),
    [
        ("127.0.0.1", "127.0.0.1:80", "http://127.0.0.1:80"),
        ("0.0.0.0", "0.0.0.0:80", "http://127.0.0.1:80"),
        ("::", "[::]:80", "http://[::1]:80"),
        ("::1", "[::1]:80", "http://[::1]:80"),
        ("localhost", "localhost:80", "http://localhost:80"),
    ],
)
def test_addresses_of_both_kinds_are_written_as_they_must_be(host: str, at: str, url: str) -> None:
    assert (env.at(host, 80), env.local_url(host, 80)) == (at, url)


def test_host_that_is_no_address_is_told_once_a_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOST", "mara-laptop")
    assert {env.host(), env.host()} == {"127.0.0.1"}
    assert capsys.readouterr().err.count("is passed over") == 1
