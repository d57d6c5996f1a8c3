"""Static files as collectstatic leaves them."""

from __future__ import annotations

from pathlib import Path

from tests.bigtransit.starting import MANAGE, start


def test_stylesheet_holds_its_parts(tmp_path: Path) -> None:
    told = {"BIGTRANSIT_STATIC_ROOT": str(tmp_path / "static"), "BIGTRANSIT_VAR": str(tmp_path)}
    assert start(*MANAGE, "collectstatic", "--noinput", "--verbosity", "0", **told).returncode == 0
    (sheet,) = (tmp_path / "static" / "css").glob("app.*.css")
    assert "@import" not in sheet.read_text()
    assert "color-scheme" in sheet.read_text()


def test_script_holds_its_parts_without_our_comments(tmp_path: Path) -> None:
    told = {"BIGTRANSIT_STATIC_ROOT": str(tmp_path / "static"), "BIGTRANSIT_VAR": str(tmp_path)}
    assert start(*MANAGE, "collectstatic", "--noinput", "--verbosity", "0", **told).returncode == 0
    (script,) = (tmp_path / "static" / "js").glob("app.*.js")
    text = script.read_text()
    assert "@part" not in text
    assert "var htmx=" in text
    assert "stale-banner" in text
    assert "// The live page" not in text
