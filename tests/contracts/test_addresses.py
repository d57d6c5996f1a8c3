"""Addresses have names: templates and code ask for them by name. Only these tests and the others write them out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from dashboard import links
from dashboard.urls import urlpatterns as addresses

urlpatterns: list[Any] = addresses
ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CODE = sorted((ROOT / "dashboard").rglob("*.py"))
LITERAL = re.compile(r"""(?:href|action|src|hx-[\w:-]+|data-[\w-]+)=["']/[^"']*|\{%[^%]*["']/[a-z][^%]*%\}""")
# They look at an address before it is known which view it leads to, or are the addresses themselves.
BEFORE_ROUTING = {
    "dashboard/urls.py",
    "dashboard/http/body_limits.py",
    "dashboard/http/caching.py",
    "dashboard/http/lanes.py",
    "dashboard/operations/readiness.py",
    "dashboard/auth/forwarding.py",
    "dashboard/views/errors.py",
    "dashboard/views/api/shape.py",
    "dashboard/views/api/teams.py",
    "dashboard/views/api/connections.py",
    "dashboard/views/api/executions.py",
    "dashboard/views/api/health.py",
    "dashboard/views/api/waiting.py",
}
# Addresses of other servers.
ELSEWHERE = ("dashboard/auth/github.py", "dashboard/sources/", "dashboard/tool_apis/")
FIRST_PARTS = {str(pattern.pattern).split("/")[0] for pattern in urlpatterns} - {""}


def literals(tree: ast.AST) -> Iterator[str]:
    """Strings that are no docstrings; of those with values in them the parts."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_asks_for_addresses_by_name(path: Path) -> None:
    assert LITERAL.findall(path.read_text("utf-8")) == []


def test_code_asks_for_addresses_by_name() -> None:
    found = [
        (str(path.relative_to(ROOT)), text)
        for path in CODE
        if str(path.relative_to(ROOT)) not in BEFORE_ROUTING and not str(path.relative_to(ROOT)).startswith(ELSEWHERE)
        for text in literals(ast.parse(path.read_text("utf-8")))
        if text.startswith("/") and re.split(r"[/?#]", text)[1] in FIRST_PARTS
    ]
    assert found == []


def test_every_address_has_a_name_of_its_own() -> None:
    names = [getattr(pattern, "name", "api") for pattern in urlpatterns]
    assert None not in names
    assert len(set(names)) == len(names)


def test_links_of_rows_are_the_addresses_of_their_names() -> None:
    assert links.team_href("pay") == reverse("board", args=["pay"])
    assert links.pipeline_href("pay", "p1") == reverse("pipeline", args=["pay", "p1"])
    assert links.take_href("pay", "p1") == reverse("take", args=["pay", "p1"])
    assert links.execution_href("e1") == reverse("execution", args=["e1"])


def test_no_line_of_a_template_is_longer_than_160_characters() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in TEMPLATES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if len(line) > 160
    ]
    assert found == []


def test_template_tags_stand_on_one_line() -> None:
    """Django takes one over two lines for text."""
    split = re.compile(r"\{%[^%\n]*\n|\{\{[^}\n]*\n")
    assert [str(path.relative_to(ROOT)) for path in TEMPLATES if split.search(path.read_text("utf-8"))] == []
