"""A start that cannot be says so in one sentence, and nothing else."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bigtransit.keys import secret_key
from bigtransit.start import find_room_for_temporary_files, refused_address
from storage.engines.sqlite import SqliteEngine
from storage.errors import FileRefused
from tests.bigtransit.starting import (
    GUNICORN,
    MANAGE,
    NOBODY,
    as_nobody,
    assert_one_sentence,
    folder_for_all,
    need_another_user,
    start,
    start_as_nobody,
)

KEY = "a-signing-key-that-only-this-test-uses"
STORE = ("bigtransit.db", "bigtransit.db-wal", "bigtransit.db-shm", "bigtransit.db.lock", "bigtransit.key")


@pytest.fixture
def roots_var() -> Iterator[Path]:
    """A store that root made, with a log and its index, as a server leaves them that was killed."""
    need_another_user()
    with folder_for_all() as folder:
        var = folder / "var"
        secret_key("", url(var))
        engine = SqliteEngine(var / "bigtransit.db")
        engine.prepare()
        engine.close()
        for name in STORE:
            (var / name).touch(0o600)
        yield var


def url(var: Path) -> str:
    return f"sqlite:///{var / 'bigtransit.db'}"


def give(var: Path, *kept: str) -> None:
    """All but what is `kept` to somebody else."""
    for path in (var, *var.iterdir()):
        if path.name not in kept:
            os.chown(path, NOBODY, NOBODY)


def prepare(var: Path) -> None:
    """As `prepare_store` does."""
    secret_key("", url(var))
    try:
        SqliteEngine(var / "bigtransit.db").prepare()
    except FileRefused as refused:
        raise SystemExit(str(refused)) from refused


@pytest.mark.parametrize("command", [(*MANAGE, "prepare_store"), (*MANAGE, "run"), GUNICORN])
def test_store_of_root_is_said_by_its_path(roots_var: Path, command: tuple[str, ...]) -> None:
    told = {"BIGTRANSIT_VAR": str(roots_var), "BIGTRANSIT_STATIC_ROOT": str(roots_var)}
    done = start_as_nobody(*command, **told)
    assert_one_sentence(done, f"{roots_var} belongs to root", "sudo chown", *(str(roots_var / name) for name in STORE))


@pytest.mark.parametrize("name", STORE)
def test_one_file_of_root_is_said_by_its_path(roots_var: Path, name: str) -> None:
    give(roots_var, name)
    path = roots_var / name
    said = f"{path} belongs to root and cannot be used by nobody: run `sudo chown nobody {path}`"
    assert as_nobody(lambda: prepare(roots_var)) == said


def test_folder_that_cannot_be_made_is_said_with_what_to_do() -> None:
    need_another_user()
    with folder_for_all() as folder:
        var = folder / "var"
        said = as_nobody(lambda: prepare(var))
    assert said == f"{folder} cannot be used by nobody: run `sudo install -d -o nobody {var}`"


def test_file_that_its_owner_may_not_write_is_said_by_its_path(roots_var: Path) -> None:
    give(roots_var)
    path = roots_var / "bigtransit.db"
    path.chmod(0o400)
    said = f"{path} cannot be used, though it belongs to nobody: run `chmod u+rwX {path}`"
    assert as_nobody(lambda: prepare(roots_var)) == said


def test_store_that_was_given_away_is_used(roots_var: Path) -> None:
    give(roots_var)
    assert as_nobody(lambda: prepare(roots_var)) == ""


def test_readers_are_told_the_path_too(roots_var: Path) -> None:
    give(roots_var, "bigtransit.db")

    def read() -> None:
        try:
            SqliteEngine(roots_var / "bigtransit.db").check()
        except FileRefused as refused:
            raise SystemExit(str(refused)) from refused

    assert as_nobody(read).startswith(f"{roots_var / 'bigtransit.db'} belongs to root")


@pytest.mark.parametrize("command", [(*MANAGE, "run"), GUNICORN])
def test_port_that_is_taken_is_one_sentence(tmp_path: Path, command: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = {"BIGTRANSIT_VAR": str(tmp_path), "BIGTRANSIT_STATIC_ROOT": str(tmp_path), "PORT": str(port)}
        assert_one_sentence(start(*command, **told), f"127.0.0.1:{port}", "PORT")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_port_that_somebody_would_share_is_taken_all_the_same(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind((host, 0))
        taken.listen()
        told = refused_address(host, taken.getsockname()[1])
    assert told.startswith("Something else listens at ")


def test_address_that_gunicorn_is_told_counts_alone(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as other:
        port, bind = taken.getsockname()[1], f"127.0.0.1:{other.getsockname()[1]}"
        told = {"BIGTRANSIT_VAR": str(tmp_path), "BIGTRANSIT_STATIC_ROOT": str(tmp_path), "PORT": str(port)}
        assert_one_sentence(start(*MANAGE, "run", GUNICORN_CMD_ARGS=f"--bind {bind}", **told), bind)


def test_run_makes_nothing_where_it_cannot_listen(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = {"PORT": str(taken.getsockname()[1]), "BIGTRANSIT_SECRET_KEY": KEY}
        start(*MANAGE, "run", BIGTRANSIT_VAR=str(tmp_path / "var"), **told)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "no-such-host.invalid"])
def test_address_that_is_not_here_is_one_sentence(host: str) -> None:
    assert refused_address(host, 8000) == f"{host} is no address of this machine: BIGTRANSIT_HOST says where to listen"


def test_port_for_root_alone_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    assert "choose one above 1023 with PORT" in refused_address("127.0.0.1", 80)


def test_port_that_does_not_exist_is_one_sentence() -> None:
    assert refused_address("127.0.0.1", 70_000) == "PORT: must be at most 65535, not 70000"


def test_free_address_is_not_refused() -> None:
    assert refused_address("127.0.0.1", 0) == ""


def test_temporary_files_go_where_the_server_writes_when_nothing_else_can_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(Path.cwd()))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("TMPDIR", "/not/there")
    find_room_for_temporary_files(tmp_path)
    assert os.environ["TMPDIR"] == str(tmp_path)


def test_temporary_folder_of_the_machine_is_used_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", "/untouched")
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/tmp")
    find_room_for_temporary_files(tmp_path)
    assert os.environ["TMPDIR"] == "/untouched"
