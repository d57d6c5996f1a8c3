"""Which engine a storage URL opens."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from storage.engines import open_engine
from storage.engines.dynamodb import DynamoEngine
from storage.engines.sqlite import SqliteEngine

ROOT = Path(__file__).resolve().parents[2]


def test_three_slashes_are_a_path_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    engine = open_engine("sqlite:///var/bigtransit.db")
    assert isinstance(engine, SqliteEngine)
    assert engine.path == tmp_path / "var" / "bigtransit.db"


def test_four_slashes_are_an_absolute_path() -> None:
    engine = open_engine("sqlite:////srv/big transit/ü.db")
    assert isinstance(engine, SqliteEngine)
    assert engine.path == Path("/srv/big transit/ü.db")


def test_path_with_odd_characters_opens_that_very_file(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/50% of, all & 'some'.db")
    engine.prepare()
    engine.check()
    engine.close()
    assert (tmp_path / "50% of, all & 'some'.db").exists()


@pytest.mark.parametrize(
    ("url", "table", "endpoint", "region"),
    [
        ("dynamodb://eu-west-1/big-transit", "big-transit", "https://dynamodb.eu-west-1.amazonaws.com", "eu-west-1"),
        ("dynamodb+http://127.0.0.1:8000/items", "items", "http://127.0.0.1:8000", "us-east-1"),
        ("dynamodb+http://[::1]:8000/items", "items", "http://[::1]:8000", "us-east-1"),
        ("dynamodb+https://db.example/a_b.c-d", "a_b.c-d", "https://db.example", "us-east-1"),
        ("dynamodb+http://key:secret@db:8000/items", "items", "http://db:8000", "us-east-1"),
    ],
)
def test_dynamodb_url_names_table_and_place(
    monkeypatch: pytest.MonkeyPatch, url: str, table: str, endpoint: str, region: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    engine = open_engine(url)
    assert isinstance(engine, DynamoEngine)
    meta = engine.client.meta
    assert (engine.table_name, meta.endpoint_url, meta.region_name) == (table, endpoint, region)
    engine.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "bigtransit.db",
        "sqlite://",
        "sqlite:///",
        "sqlite://relative.db",
        "postgres://host/db",
        "dynamodb://eu-west-1",
        "dynamodb:///table",
        "dynamodb://eu-west-1/t",
        "dynamodb://eu-west-1/table/more",
        "dynamodb+http://127.0.0.1:8000",
        "dynamodb+http://127.0.0.1:port/table",
        "dynamodb+ftp://127.0.0.1/table",
    ],
)
def test_other_url_is_refused_with_the_forms_there_are(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///PATH, dynamodb://REGION/TABLE or dynamodb"):
        open_engine(url)


def test_refusal_does_not_tell_the_secret() -> None:
    with pytest.raises(ValueError) as error:
        open_engine("dynamodb+http://key:secret@host:8000/")
    assert "secret" not in str(error.value)


def test_embedded_engine_does_without_the_aws_libraries() -> None:
    code = "import sys; from storage.engines import open_engine; open_engine('sqlite:///x.db'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert "storage.engines.sqlite" in loaded.split()
    assert not {"boto3", "botocore"} & set(loaded.split())
