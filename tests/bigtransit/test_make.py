"""make on files that an earlier make made as root."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bigtransit.starting import AS_NOBODY, NOBODY, ROOT, environment, folder_for_all, need_another_user

LATER = 2_000_000_000


@pytest.fixture
def checkout() -> Iterator[Path]:
    """As far as make looks before it runs a program: everything is somebody's who is not root, and nothing is stale."""
    need_another_user()
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    with folder_for_all() as folder:
        for name in ("GNUmakefile", "requirements.lock"):
            shutil.copy(ROOT / name, folder / name)
        for name in (".venv", "var", "staticfiles", "bigtransit"):
            (folder / name).mkdir()
        (folder / ".venv" / ".made").write_text(f"{folder}\n")
        for name in (".venv/.installed-run", "var/.static", "bigtransit/static.py"):
            (folder / name).touch()
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        yield folder


def make_run(checkout: Path) -> subprocess.CompletedProcess[str]:
    command = (*AS_NOBODY, "make", "run")
    return subprocess.run(command, cwd=checkout, env=environment(), capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("roots", "stale"),
    [
        (".", ".venv/.made"),
        (".venv", ".venv/.made"),
        (".venv", "requirements.lock"),
        ("staticfiles", "bigtransit/static.py"),
        ("var", "bigtransit/static.py"),
        ("var/.static", "bigtransit/static.py"),
    ],
)
def test_what_is_roots_and_has_to_be_made_anew_is_said_by_its_path(checkout: Path, roots: str, stale: str) -> None:
    if stale == ".venv/.made":
        (checkout / stale).unlink()
    else:
        os.utime(checkout / stale, (LATER, LATER))
    os.chown(checkout / roots, 0, 0)
    done = make_run(checkout)
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert done.returncode != 0
    assert len(said) == 1, done.stderr
    assert f"{roots} belongs to root and cannot be used by nobody: run `sudo chown -R nobody " in said[0]


def test_what_is_roots_and_up_to_date_hinders_nobody(checkout: Path) -> None:
    os.utime(checkout / ".venv" / ".installed-run", (LATER, LATER))
    os.utime(checkout / "var" / ".static", (LATER, LATER))
    os.chown(checkout / ".venv", 0, 0)
    assert "belongs to root" not in make_run(checkout).stderr


def test_python_that_only_its_maker_can_run_is_said_in_a_sentence(checkout: Path) -> None:
    """As where root's `.venv` leads to a Python in root's home."""
    program = checkout / ".venv" / "bin" / "python"
    program.parent.mkdir()
    program.touch(mode=0o600)
    os.utime(checkout / ".venv" / ".installed-run", (LATER, LATER))
    os.utime(checkout / "var" / ".static", (LATER, LATER))
    done = make_run(checkout)
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert done.returncode != 0
    assert said == [".venv/bin/python cannot be run by nobody, but by who made it: remove .venv, and make anew"]
