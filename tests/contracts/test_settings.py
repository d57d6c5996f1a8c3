"""What must hold of the settings as they are shipped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).parents[2]


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BIGTRANSIT_")}
    own = {"DJANGO_SETTINGS_MODULE": "bigtransit.settings", "BIGTRANSIT_SECRET_KEY": "x" * 50, **environment}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**kept, **own}, capture_output=True, text=True, timeout=60)


def test_deployment_check_finds_nothing_behind_https(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    done = manage(
        "check", "--deploy", "--fail-level", "WARNING",
        BIGTRANSIT_BASE_URL="https://transit.example", BIGTRANSIT_STORAGE_URL=url,
        BIGTRANSIT_SECRET_KEY="kq3v8z!w2mfx-5rt7yhj0ndbg4pe9uc1sl6ai-kq3v8z!w2mfx",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"BIGTRANSIT_STORAGE_URL": "mysql://x"}, "BIGTRANSIT_STORAGE_URL"),
        ({"BIGTRANSIT_SECRET_KEY": "short"}, "BIGTRANSIT_SECRET_KEY"),
        ({"BIGTRANSIT_SECRET_KEY": "", "BIGTRANSIT_STORAGE_URL": "dynamodb://us-east-1/t"}, "BIGTRANSIT_SECRET_KEY"),
        ({"BIGTRANSIT_MAX_BODY": "much"}, "BIGTRANSIT_MAX_BODY"),
        ({"BIGTRANSIT_ADMIN_TOKEN": "short"}, "BIGTRANSIT_ADMIN_TOKEN"),
        ({"PORT": "0"}, "PORT"),
        ({"BIGTRANSIT_BASE_URL": "https://x.example/transit"}, "must have no path"),
        ({"BIGTRANSIT_BASE_URL": "x.example"}, "BIGTRANSIT_BASE_URL"),
        (
            {
                "BIGTRANSIT_GITHUB_CLIENT_ID": "x",
                "BIGTRANSIT_GITHUB_CLIENT_SECRET": "x",
                "BIGTRANSIT_GROUP_ROLES": "platform=admin",
            },
            "github:platform",
        ),
    ],
)
def test_setting_that_cannot_be_right_stops_the_start_by_its_name(environment: dict[str, str], said: str) -> None:
    done = manage("check", **environment)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    named = re.compile(r"\b(?:BIGTRANSIT_[A-Z_]*[A-Z]|PORT|HOST)\b")
    code = [ROOT / "bigtransit" / name for name in ("settings.py", "env.py", "gunicorn.conf.py")]
    read = {name for path in code for name in named.findall(path.read_text())}
    table = (ROOT / "docs" / "configuration.md").read_text()
    rows = {name for line in table.splitlines() if line.startswith("| `") for name in named.findall(line.split("|")[1])}
    assert rows == read


def test_there_is_no_database_and_nothing_that_needs_one() -> None:
    assert settings.DATABASES == {} or set(settings.DATABASES) == {"default"}
    needing = ("admin", "auth", "contenttypes", "sessions")
    assert not [app for app in settings.INSTALLED_APPS if app.startswith("django.contrib.") and app.endswith(needing)]


def test_pages_may_load_from_nowhere_else() -> None:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["default-src"] == ["'none'"]
    assert {value for values in directives.values() for value in values} <= {"'none'", "'self'"}


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, True),
        ({"BIGTRANSIT_ALLOWED_GROUPS": "github:acme"}, False),
        ({"BIGTRANSIT_GITHUB_URL": "https://git.x"}, False),
    ],
)
def test_sign_in_open_to_all_of_github_is_told(environment: dict[str, str], told: bool) -> None:
    done = manage("check", BIGTRANSIT_GITHUB_CLIENT_ID="x", BIGTRANSIT_GITHUB_CLIENT_SECRET="x", **environment)
    assert ("Anybody at GitHub can sign in" in done.stderr) is told
