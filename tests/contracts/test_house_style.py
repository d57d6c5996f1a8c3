"""What the house style forbids, looked for in every file of ours."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = ("bigtransit", "dashboard", "storage", "tests")
PYTHON = sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py"))
OURS = [path for path in PYTHON if "tests" not in path.relative_to(ROOT).parts]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
ASSETS = sorted(path for kind in ("css", "js") for path in (ROOT / "static").rglob(f"*.{kind}"))
MOST_LINES = 350
# Where html that a template has rendered is put together.
MARKED_SAFE = {"dashboard/templatetags/regions.py"}
# Pages whose form goes to another server.
SENT_ELSEWHERE = {"templates/manage/app_manifest.html"}
SIX = ("boto3", "Django", "django-htmx", "gunicorn", "moto", "pytest-django")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_there_is_something_to_look_at() -> None:
    assert len(OURS) > 80
    assert len(TEMPLATES) > 25
    assert len(ASSETS) > 10


@pytest.mark.parametrize("path", [*PYTHON, *TEMPLATES, *ASSETS], ids=named)
def test_file_is_not_too_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_template_has_no_script_style_or_handler_of_its_own(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style\b|\sstyle=", text)
    assert not re.search(r"\shx-on|\son[a-z]+=", text)
    assert not re.search(r"[\"'\s]js:|javascript:", text)
    assert not re.search(r"hx-trigger=\"[^\"]*\[", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_template_never_says_that_text_is_safe(path: Path) -> None:
    text = path.read_text()
    assert not re.search(
        r"\|\s*(safe|safeseq|urlize|urlizetrunc|striptags|truncatewords_html|truncatechars_html)\b", text
    )
    assert "autoescape off" not in text
    assert not re.search(r"\s[\w-]+=\{[{%]", text), "an attribute without quotes"


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_every_link_that_htmx_follows_has_its_plain_address(path: Path) -> None:
    for tag in re.findall(r"<a\b[^>]*>", path.read_text()):
        assert "href=" in tag or "hx-" not in tag, tag


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_form_that_posts_carries_its_token(path: Path) -> None:
    text = path.read_text()
    posting = len(re.findall(r"<form[^>]*method=\"post\"", text))
    tokens = len(re.findall(r"\{% csrf_token %\}", text))
    # Another server is not told the token.
    assert tokens == 0 if named(path) in SENT_ELSEWHERE else tokens >= posting


def test_html_is_marked_safe_only_where_templates_rendered_it() -> None:
    assert {named(path) for path in OURS if re.search(r"\bmark_safe\(|SafeString\(", path.read_text())} <= MARKED_SAFE


def test_two_modules_speak_to_amazon() -> None:
    speaking = {named(path) for path in OURS if any(name.startswith(("boto3", "botocore")) for name in imports(path))}
    assert speaking == {"storage/engines/dynamodb.py", "dashboard/tool_apis/codepipeline.py"}


def test_storage_knows_nothing_of_the_web() -> None:
    storage = [path for path in OURS if named(path).startswith("storage/")]
    assert not [
        named(p) for p in storage if any(n.split(".")[0] in ("django", "dashboard", "bigtransit") for n in imports(p))
    ]


@pytest.mark.parametrize("path", [path for path in OURS if path.read_text().strip()], ids=named)
def test_module_says_in_a_few_lines_what_belongs_in_it(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text()))
    assert said
    assert len(said.splitlines()) <= 6 or named(path) in ("storage/schema.py", "storage/errors.py")


@pytest.mark.parametrize("path", OURS, ids=named)
def test_names_say_what_is_in_a_module(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "common", "manager", "misc", "util"}


BANNED = (
    "auth.models",
    "auth.backends",
    "auth.middleware",
    "auth.views",
    "auth.forms",
    "auth.mixins",
    "auth.decorators",
)


def test_nothing_of_django_that_needs_a_database_is_imported() -> None:
    banned = {f"django.contrib.{name}" for name in (*BANNED, "contenttypes", "admin", "sessions")}
    assert not {named(path) for path in OURS if imports(path) & banned}


def test_requirements_name_the_six_libraries() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    names = [re.split(r"[~=<>!\[ ]", line)[0].lower() for line in lines if line and not line.startswith("#")]
    assert {name.lower() for name in SIX} <= set(names)
    assert len(names) == len(set(names))


def test_top_level_is_as_agreed() -> None:
    for name in ("manage.py", "bigtransit", "dashboard", "storage", "templates", "static", "tests", "requirements.txt"):
        assert (ROOT / name).exists()


@pytest.mark.parametrize("path", [*PYTHON, *TEMPLATES, *ASSETS], ids=named)
def test_file_leaves_nothing_for_later(path: Path) -> None:
    words = "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3 + ":"))
    assert not re.search(rf"\b({words})\b", path.read_text())
