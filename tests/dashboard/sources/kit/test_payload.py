"""Strict JSON, and what becomes of text, links and times from outside."""

from __future__ import annotations

import json
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.sources.kit.payload import MAX_NODES, Payload, clean, first_line, link, load, load_any, moment, person
from dashboard.sources.kit.source import NothingForUs, Rejected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"\xef\xbb\xbf",
        b"null",
        b"true",
        b"3",
        b'"x"',
        b"[]",
        b"{} {}",
        b'{"a":1}\n{"a":2}',
        b"{'a': 1}",
        b'{"a": 1} // no',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e400}',
        b'{"a": ' + b"9" * 39 + b"}",
        b'{"a": ' + b"9" * 5000 + b"}",
        '{"a": "é"}'.encode("latin-1"),
        '{"a": 1}'.encode("utf-16"),
        '{"a": 1}'.encode("utf-32"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"ignored": ' + b"[" * 64 + b"]" * 64 + b"}",
        json.dumps({"steps": [0] * 100_000}).encode(),
        json.dumps(dict.fromkeys(map(str, range(200_000)))).encode(),
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_not_a_sane_json_object_is_rejected(body: bytes):
    with pytest.raises(Rejected):
        load(body)


def test_a_body_at_the_limits_is_taken():
    deepest = b'{"ignored": ' + b"[" * 63 + b"]" * 63 + b"}"
    widest = json.dumps({"steps": [0] * (MAX_NODES - 2)}).encode()

    assert load(deepest)
    assert len(load(widest)["steps"]) == MAX_NODES - 2  # type: ignore[arg-type]


def test_odd_but_right_json_is_taken():
    body = b'\xef\xbb\xbf{"action":"a","action":"b","__proto__":1,"":2,"n":-0,"f":1E5}'

    assert load(body) == {"action": "b", "__proto__": 1, "": 2, "n": 0, "f": 1e5}


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=80))
def test_any_bytes_are_json_or_rejected(body: bytes):
    with suppress(Rejected):
        assert json.dumps(load_any(body))


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("main", "main"),
        ("  main  ", "main"),
        ("   ", ""),
        ("a\ud800b", "a\ufffdb"),
        ("a\x00b\x1bc\x7fd\x9be", "abcde"),
        ("one\ntwo\tthree\u2028four", "one two three four"),
        ("user\u202egnp.exe\u2066", "usergnp.exe"),
        ("Cafe\u0301", "Café"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("🚇 metro", "🚇 metro"),
        ("../../x", "../../x"),
        ("--help", "--help"),
    ],
)
def test_text_is_made_fit_to_store_and_show(told: str, kept: str):
    assert clean(told) == kept


def test_text_is_cut_at_a_kilobyte_between_characters():
    assert clean("x" * 5000) == "x" * 1024
    assert clean("€" * 5000) == "€" * 341
    assert len(Payload({"name": "é" * 5000}).name("name")) == 200


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters(), max_size=300))
def test_clean_text_can_always_be_stored_and_stays_clean(told: str):
    kept = clean(told)

    assert len(kept.encode()) <= 1024
    assert kept.isprintable() or not kept.isascii()
    assert clean(kept) == kept


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Maya Okafor", "Maya Okafor"),
        ("maya@acme.example", "maya"),
        ("maya@localhost", "maya"),
        ("maya.okafor+ci@acme.example", "maya.okafor+ci"),
        ("Maya Okafor <maya@acme.example>", "Maya Okafor maya"),
        ("a@b@c", "a"),
        ("@maya", "@maya"),
        ("Maya (@maya-acme)", "Maya (@maya-acme)"),
        ("Maya @ Acme", "Maya @ Acme"),
        ("dependabot[bot]", "dependabot[bot]"),
        ("", ""),
    ],
)
def test_an_address_that_names_somebody_is_cut_before_the_at(told: str, shown: str):
    assert person(told) == shown
    assert Payload({"a": {"name": told}}).person("b", "a.name") == shown


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"os": "linux", "py": 3.12, "n": 2, "skip": True, "none": None, "deep": {"a": "b"}}, ("linux", "3.12", "2")),
        (["linux", "", " ", 8, ["x"]], ("linux", "8")),
        ("linux", ("linux",)),
        (7, ("7",)),
        (None, ()),
        (True, ()),
    ],
    ids=str,
)
def test_values_are_the_texts_and_numbers_that_stand_there(value: object, found: tuple[str, ...]):
    assert Payload({"matrix": value}).values("matrix", 3) == found


def test_so_many_values_are_enough():
    assert Payload({"matrix": list("abc")}).values("matrix", 2) == ("a", "b")


def test_the_names_of_a_list_are_what_is_text_in_it():
    payload = Payload({"labels": ["linux", "", 3, None, " x64 ", "gpu"], "none": "linux"})

    assert payload.names("labels", 2) == ("linux", "x64")
    assert payload.names("none", 2) == payload.names("missing", 2) == ()


def test_null_is_not_the_same_as_absent():
    payload = Payload({"fork": None, "empty": "", "zero": 0})

    assert [payload.is_null(name) for name in ("fork", "empty", "zero", "missing")] == [True, False, False, False]


def test_only_true_is_true():
    payload = Payload({"yes": True, "one": 1, "word": "true"})

    assert [payload.is_true(name) for name in ("yes", "one", "word", "missing")] == [True, False, False, False]


@pytest.mark.parametrize(("told", "number"), [(7, 7), ("7", 7), (7.0, 7), (0, None), (-7, None), (True, None)])
def test_a_number_counts_from_one(told: object, number: int | None):
    assert Payload({"id": told}).number("id") == number


def test_the_first_line_with_something_in_it_is_the_message():
    assert first_line("\n \nfix: a\nb") == "fix: a"
    assert first_line("") == ""


@pytest.mark.parametrize(
    "address",
    ["https://example.com/a?b=c#d", "http://localhost:8080/x", "https://[2001:db8::1]/", "HTTPS://EXAMPLE.COM"],
)
def test_plain_web_addresses_are_kept(address: str):
    assert link(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https:evil.example",
        "https:///evil.example",
        "https://user:pw@example.com/",
        "https://@example.com/",
        "https://exa\nmple.com/",
        " https://example.com/",
        "https://example.com/ x",
        "https://example.com/\u202e",
        "https://good.example\\@evil.example",
        'https://example.com/"onmouseover=x',
        "https://[::1",
        "https://example.com:99999/",
        "https://example.com/" + "x" * 65_536,
        "ftp://example.com/",
        "",
        None,
        7,
    ],
    ids=lambda address: str(address)[:30],
)
def test_any_other_link_is_dropped(address: object):
    assert link(address) == ""


@pytest.mark.parametrize(
    ("told", "milliseconds"),
    [
        ("2026-03-02T09:14:05Z", 1772442845000),
        ("2026-03-02T09:14:05.123456Z", 1772442845123),
        ("2026-03-02t09:14:05z", 1772442845000),
        ("2026-03-02T09:14:05", 1772442845000),
        ("2026-03-02 09:14:05 UTC", 1772442845000),
        ("2026-03-02T23:14:05+14:00", 1772442845000),
        ("2026-03-02T04:14:05-0500", 1772442845000),
        ("2016-07-07T20:22Z", 1467922920000),
        ("2016-12-31T23:59:60Z", 1483228799000),
        ("9999-12-31T23:59:59Z", 253402300799000),
        (1772442845, 1772442845000),
        (1772442845.5, 1772442845500),
        (1772442845123, 1772442845123),
        ("1772442845123", 1772442845123),
    ],
)
def test_times_in_every_spelling_are_milliseconds(told: object, milliseconds: int):
    assert moment(told) == milliseconds


@pytest.mark.parametrize(
    "told",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "0000-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-03-02T09:14:61Z",
        "2026-03-02T09:14:05+99:00",
        "2026-03-02",
        "٢٠٢٦-03-02T09:14:05Z",
        "yesterday",
        "",
        "9" * 30,
        -1,
        1e300,
        True,
        None,
        [],
    ],
    ids=str,
)
def test_what_is_no_time_between_the_years_1_and_9999_is_absent(told: object):
    assert moment(told) is None


@pytest.mark.parametrize("told", [0, -1, 2**63, "1", 1.0, "001", True, None, [], {}], ids=repr)
def test_an_identifier_has_one_spelling(told: object):
    with pytest.raises(Rejected) as caught:
        Payload({"run": {"id": told}}).obj("run").identifier("id")

    assert caught.value.path == "run.id"


@pytest.mark.parametrize(
    ("told", "attempt"),
    [(2, 2), (2.0, 2), ("2", 2), (0, 1), (-3, 1), (None, 1), ("two", 1), (2.5, 1), (True, 1), (10**9, 10**9), ([], 1)],
)
def test_an_attempt_is_at_least_one(told: object, attempt: int):
    assert Payload({"attempt": told}).attempt("attempt") == attempt


def test_what_is_optional_reads_as_empty_where_it_is_missing_or_of_another_type():
    payload = Payload({"text": 3, "list": {}, "object": [], "items": [1, {"a": "b"}]})

    assert payload.text("text", "missing.deep") == ""
    assert payload.items("list") == ()
    assert not payload.obj("object")
    assert [item.text("a") for item in payload.items("items")] == ["b"]


def test_what_is_needed_is_named_by_its_path():
    inner = Payload({"job": {"steps": [{"name": ""}]}}).obj("job")

    with pytest.raises(Rejected) as caught:
        inner.items("steps")[0].need("name")

    assert caught.value.path == "job.steps.0.name"


def test_a_needed_object_that_is_null_is_nothing_for_us():
    with pytest.raises(NothingForUs):
        Payload({"workflow_job": None}).need_obj("workflow_job")
    with pytest.raises(Rejected):
        Payload({}).need_obj("workflow_job")


@pytest.mark.parametrize("unit", [b"[],", b"{},", b"0,", b'{"a":1},', b'"",', b"[[]],"])
def test_a_body_of_very_many_values_is_refused_before_it_is_read(unit: bytes):
    """Five megabytes of empty lists took a hundred of memory. The margin is threefold."""
    body = b"[" + unit * (5_000_000 // len(unit)) + b"0]"
    tracemalloc.start()
    with pytest.raises(Rejected):
        load_any(body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 3 * len(body)


def test_what_stands_in_text_is_no_value():
    told = {"words": "a, [b], {c}, " * 40_000, "odd": '\\", ["' * 9_000}
    assert load(json.dumps(told).encode()) == told


@pytest.mark.parametrize("body", [b'"' + b"," * 60_000, b'"\\' + b"," * 60_000, b'{"a": "' + b"[" * 60_000])
def test_text_that_does_not_end_is_refused(body: bytes):
    with pytest.raises(Rejected):
        load_any(body)
