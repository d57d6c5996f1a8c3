"""The wheel: installed elsewhere, it serves from an empty folder without a checkout."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import sysconfig
import urllib.request
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.bigtransit.starting import ROOT, environment, free_port, serving

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


def run(*command: str | Path) -> None:
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    (found,) = folder.glob("bigtransit-*.whl")
    return found


@pytest.fixture(scope="module")
def program(wheel: Path) -> Path:
    """`bigtransit` in an environment of its own that sees the packages of this one."""
    venv = wheel.parent / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(venv)}))
    (packages / "these.pth").write_text(sysconfig.get_path("purelib"))
    run(*PIP, "--python", venv / "bin" / "python", "install", "--no-deps", "--no-index", "--no-compile", wheel)
    return venv / "bin" / "bigtransit"


def text_at(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.status == 200
        return str(answer.read().decode())


def test_wheel_serves_from_an_empty_folder(program: Path, tmp_path: Path) -> None:
    # A folder of the user's that has a name of ours is not taken for the package.
    (tmp_path / "storage").mkdir()
    (tmp_path / "storage" / "__init__.py").write_text("raise SystemExit('this is not Big Transit')")
    with serving([str(program), "run"], tmp_path, free_port()) as url:
        assert "up" in text_at(f"{url}/healthz")
        page = text_at(f"{url}/setup")
        sheet = re.search(r'href="(/static/css/app\.[0-9a-f]{12}\.css)"', page)
        assert sheet, page
        assert "color-scheme" in text_at(url + sheet[1])
    assert {path.name for path in (tmp_path / "var").glob("*.db")} == {"bigtransit.db"}


def test_service_manager_is_told_when_it_serves(program: Path, tmp_path: Path) -> None:
    """As `Type=notify` of the systemd unit wants it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        with serving([str(program), "run"], tmp_path, free_port(), NOTIFY_SOCKET=str(tmp_path / "notify")):
            assert manager.recv(1000).startswith(b"READY=1")


def test_wheel_passes_other_commands_on(program: Path, tmp_path: Path) -> None:
    said = subprocess.run(
        [program, "prepare_store"], cwd=tmp_path, env=environment(BIGTRANSIT_VAR="elsewhere"),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert said.stdout == "The store is ready.\n"
    assert (tmp_path / "elsewhere" / "bigtransit.key").stat().st_mode & 0o777 == 0o600


def test_wheel_holds_every_template_and_nothing_of_tests(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    found = (path for kind in ("html", "txt") for path in (ROOT / "templates").rglob(f"*.{kind}"))
    templates = {path.relative_to(ROOT / "templates").as_posix() for path in found}
    assert {name.removeprefix("bigtransit/templates/") for name in names if "/templates/" in name} == templates
    assert "bigtransit/staticfiles/staticfiles.json" in names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"bigtransit", "dashboard", "storage"}


def test_wheel_asks_for_what_serves_and_not_for_what_tests(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("METADATA"))
        asked = re.findall(r"^Requires-Dist: ([\w-]+)", archive.read(name).decode(), re.MULTILINE)
    assert {"django", "gunicorn", "whitenoise"} <= set(asked)
    assert not {"moto", "pytest-django"} & set(asked)
