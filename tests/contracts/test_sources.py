"""A source is one file, one test, one payload folder, one page of documentation and one line in SOURCES."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.sources import SOURCES
from storage.model.entities import Status
from tests.dashboard.sources.golden import EXPECTED, PAYLOADS, goldens

ROOT = Path(__file__).parents[2]
SOURCE_CODE = ROOT / "dashboard" / "sources"
FILES = sorted(SOURCE_CODE.rglob("*.py"))
FORBIDDEN = {"django", "boto3", "botocore", "logging", "time", "os", "socket", "requests", "httpx"}


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_has_all_its_parts(name: str):
    parts = (f"tests/dashboard/sources/test_{name}.py", f"docs/sources/{name}.md")

    assert [part for part in parts if not (ROOT / part).is_file()] == []
    assert (SOURCE_CODE / f"{name}.py").is_file() != (SOURCE_CODE / name / "__init__.py").is_file()
    assert len(goldens(name)) >= 14


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_says_who_it_is_and_how_to_connect_it(name: str):
    source = SOURCES[name]

    assert source.name == name
    assert source.label
    assert source.signature
    assert len(source.setup) >= 3
    assert "application/json" in source.content_types
    assert not any("<" in step for step in source.setup)


def test_the_folder_of_sources_holds_one_module_a_tool_and_the_kit():
    modules = {path.stem for path in SOURCE_CODE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}

    assert modules == {"__init__", "kit", *SOURCES}


def test_every_payload_folder_belongs_to_a_source():
    assert {folder.name for folder in PAYLOADS.iterdir() if folder.is_dir()} == set(SOURCES)


def test_every_body_has_its_events_and_every_events_file_its_body():
    bodies = {golden.expected for golden in goldens()}

    assert bodies == set(PAYLOADS.glob(f"*/*{EXPECTED}"))
    assert all("__" in golden.body.stem for golden in goldens())


@pytest.mark.parametrize("name", SOURCES)
def test_the_bodies_of_a_source_cover_every_status_it_has_a_word_for(name: str):
    """All words of ours, but those that the tool never sends."""
    recorded = [json.loads(golden.expected.read_text()) for golden in goldens(name)]
    told = [event["status"] for one in recorded for event in (*one["events"], *one.get("subjects", ()))
            if event.get("status")]  # fmt: skip

    assert {Status(word) for word in told} == set(Status) - SOURCES[name].never
    # A body of our own says something or is refused.
    assert any(one["ignored"] for one in recorded) or name == "generic"


@pytest.mark.parametrize("name", SOURCES)
def test_what_a_source_asks_of_a_connection_has_names_of_its_own(name: str):
    names = [option.name for option in SOURCES[name].options]

    assert len(names) == len(set(names))
    assert not {"name", "source", "secret", "based_on", "team"} & set(names)
    assert all(name.isidentifier() and name == name.lower() for name in names)


def declared_words() -> set[str]:
    """What sources declare that is of one tool alone."""
    found: set[str] = set()
    for source in SOURCES.values():
        for option in source.options:
            first, *others = option.name.split("_")
            found |= {option.name, first + "".join(map(str.capitalize, others)), option.label}
        found |= {source.event_header, source.delivery_header, source.envelope.header if source.envelope else ""}
    return found - {""}


@pytest.mark.parametrize("place", ["storage/model", "storage/repositories", "dashboard", "templates"])
def test_no_word_of_one_tool_stands_outside_the_sources(place: str):
    words = re.compile("|".join(map(re.escape, sorted(declared_words()))) + r"|\bSNS\b|\bsns_", re.IGNORECASE)
    files = [path for path in (ROOT / place).rglob("*") if path.suffix in (".py", ".html")]
    own = (SOURCE_CODE, ROOT / "dashboard" / "simulator")

    assert files
    assert [path for path in files if words.search(path.read_text()) and not any(map(path.is_relative_to, own))] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(SOURCE_CODE).as_posix())
def test_a_source_reads_no_clock_network_settings_or_log(file: Path):
    imported = {
        module.partition(".")[0]
        for node in ast.walk(ast.parse(file.read_text()))
        for module in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    clocks = [word for word in (".now(", ".utcnow(", ".today(", "urlopen", "open(") if word in file.read_text()]

    assert not imported & FORBIDDEN
    assert clocks == []


def test_sources_bring_neither_django_nor_boto3_with_them():
    program = "import dashboard.sources, sys; print(*({'django', 'boto3', 'botocore'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""
