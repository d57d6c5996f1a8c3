"""manage.py rebuild: what it changes, what it tells, and that nothing is lost while it works or is stopped."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper

from dashboard.management.bar import Bar
from dashboard.webhooks import inbox
from storage import keys
from storage.codec import items
from storage.errors import Conflict, Unavailable
from storage.model.board_row import MOST_IN_FLIGHT, BoardRow
from storage.model.entities import Status
from storage.recording.rebuild import Refolded
from storage.store import Store
from storage.table import Key
from tests.factories import MINUTE, NOW
from tests.storage.old_store import CI, DELIVER, WEB, fill, job_said, pipeline_id, rebuild, run_said, team, tell


@pytest.fixture
def old(store: Store) -> Store:
    fill(store.table)
    return store


def run(*options: str) -> str:
    out = io.StringIO()
    call_command("rebuild", *options, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def boards(store: Store) -> dict[str, BoardRow]:
    return {
        stored.id: stored.row()
        for entry in store.teams.list_all()
        for stored in store.pipelines.list_board(entry.team.id, hidden=True)
    }


def summaries(store: Store) -> dict[str, BoardRow]:
    return {row.id: row for entry in store.teams.list_boards() for row in entry.rows}


def test_everything_is_rebuilt_and_the_second_time_nothing_changes(old: Store) -> None:
    assert run().startswith("14 pipelines: 14 changed, 0 took over former keys, 0 summaries without a row dropped.")
    before = boards(old), summaries(old)
    assert "14 pipelines: 0 changed" in run()
    assert (boards(old), summaries(old)) == before
    assert len(summaries(old)) == 13


def test_preparing_a_store_of_an_earlier_version_says_that_it_is_to_be_rebuilt(old: Store) -> None:
    def prepared() -> str:
        out = io.StringIO()
        call_command("prepare_store", stdout=out)
        return out.getvalue()

    assert "run `python manage.py rebuild` once" in prepared()
    run()
    assert prepared() == "The store is ready.\n"


def test_one_team_alone_is_rebuilt(old: Store) -> None:
    assert run("--team", "vault").startswith("2 pipelines: 2 changed")
    assert {row.team_id for row in summaries(old).values()} == {team(old, "vault").id}


def test_one_pipeline_alone_is_rebuilt_by_a_former_id_too(old: Store) -> None:
    former = pipeline_id(old, CI.old_key)
    assert run("--pipeline", former).startswith("1 pipelines: 1 changed")
    tell(old, run_said(CI, 45))
    assert run("--pipeline", former).startswith("1 pipelines: 0 changed")


@pytest.mark.parametrize("options", [("--team", "nobody"), ("--pipeline", "f" * 32)])
def test_what_is_not_there_is_said(store: Store, options: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="There is no"):
        run(*options)


def test_former_key_of_two_pipelines_is_told(old: Store) -> None:
    tell(old, run_said(WEB, 4))
    assert "Shop build of team Payments stays under its former key 1296270/Build" in run()


def test_one_that_cannot_be_rebuilt_keeps_no_other_from_it(old: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, busy = pipeline_id(old, CI.old_key), pipeline_id(old, DELIVER.old_key)
    refold = old.rebuilder.refold

    def failing(id_: str) -> Refolded:
        if id_ == broken:
            raise ValueError("not a document")
        if id_ == busy:
            raise Conflict("the pipeline is being written by others")
        return refold(id_)

    monkeypatch.setattr(old.rebuilder, "refold", failing)
    with pytest.raises(CommandError, match="2 could not be rebuilt") as caught:
        run()
    assert f"{broken} of team Payments: ValueError: not a document" in str(caught.value)
    assert f"{busy} of team Payments: the pipeline is being written by others" in str(caught.value)
    records = [old.pipelines.find(id_) for id_ in boards(old)]
    assert {record.id for record in records if record and record.history.stale} == {broken, busy}


def test_document_that_cannot_be_read_is_told_and_the_rest_rebuilt(old: Store) -> None:
    key = items.record_key(pipeline_id(old, CI.old_key))
    old.table.put({"pk": key.pk, "sk": key.sk, "version": 1, "doc": b"\x02{"})
    with pytest.raises(CommandError, match="could not be rebuilt"):
        run()
    assert len(summaries(old)) == 12


def test_store_that_is_away_ends_it_with_a_word(old: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(id_: str) -> bool:
        raise Unavailable("no answer")

    monkeypatch.setattr(old.rebuilder, "refold", away)
    with pytest.raises(CommandError, match="Unavailable: no answer"):
        run()


def test_pipeline_that_another_takes_over_meanwhile_is_no_failure(old: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = old.rebuilder.list_pipelines

    def and_then(team_id: str) -> list[str]:
        ids = listed(team_id)
        tell(old, run_said(CI, 45))
        return ids

    monkeypatch.setattr(old.rebuilder, "list_pipelines", and_then)
    run()
    assert pipeline_id(old, CI.old_key) not in boards(old)


# Stopped


class Killed(BaseException):
    pass


def killed_after(monkeypatch: pytest.MonkeyPatch, of: Any, name: str, times: int) -> None:
    """The process ends before the call after so many."""
    real: Callable[..., Any] = getattr(of, name)
    left = iter(range(times))

    def last(*args: Any, **options: Any) -> Any:
        if next(left, None) is None:
            raise Killed
        return real(*args, **options)

    monkeypatch.setattr(of, name, last)


@pytest.mark.parametrize("times", [0, 1, 2, 5, 13, 20, 44, 45])
def test_killed_at_any_write_and_started_again_it_ends_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """45 writes: the executions that CI took over, too."""
    fill(store.table)
    store.recorder.apply(team(store).id, run_said(CI, 45))
    killed_after(monkeypatch, store.table.engine, "transact", times)
    with pytest.raises(Killed):
        run()
    monkeypatch.undo()
    monkeypatch.setattr("dashboard.management.commands.rebuild.get_store", lambda: store)
    run()
    assert "14 pipelines: 0 changed" in run()
    row = boards(store)[pipeline_id(store, CI.key)]
    assert ([one.number for one in row.in_flight], row.result and row.result.number) == (["45", "43"], "42")
    page = store.executions.list_of_pipeline(row.id, 100)
    assert len({brief.id for brief in page.items}) == 44


# Meanwhile


def test_events_that_come_meanwhile_are_all_in(old: Store) -> None:
    home, stop = team(old).id, threading.Event()
    sent: list[int] = []

    def sending() -> None:
        for number in range(50, 90):
            at = NOW + (number - 50) * MINUTE
            old.recorder.apply(home, run_said(CI, number, at=at))
            old.recorder.apply(home, job_said(CI, number, "build", 0, "completed", "success", at + 1000))
            old.recorder.apply(home, run_said(CI, number, "completed", "success", at=at + 2000))
            old.recorder.apply(home, run_said(DELIVER, number, at=at))
            sent.append(number)
            if stop.is_set() and number > 60:
                return

    thread = threading.Thread(target=sending)
    thread.start()
    for _ in range(3):
        run()
    stop.set()
    thread.join()
    run()
    row = boards(old)[pipeline_id(old, CI.key)]
    assert (row.result and row.result.number, row.result and row.result.status) == (str(sent[-1]), Status.SUCCEEDED)
    assert len(old.executions.list_of_pipeline(row.id, 200).items) == 43 + len(sent)
    assert len(boards(old)[pipeline_id(old, DELIVER.key)].in_flight) == min(len(sent), MOST_IN_FLIGHT)
    assert rebuild(old) == 0


# What stands beside each other and should not


def test_summary_without_a_row_is_dropped(old: Store) -> None:
    run()
    row = boards(old)[pipeline_id(old, CI.old_key)]
    old.table.put({**items.summary_item(row), "sk": keys.summary_sort(row.team_id, "f" * 32)})
    assert "1 summaries without a row dropped" in run()
    assert "f" * 32 not in summaries(old)


def test_row_that_was_lost_comes_back(old: Store) -> None:
    run()
    before = boards(old)
    old.table.delete(items.row_key(team(old).id, pipeline_id(old, CI.old_key)))
    run()
    assert boards(old) == before


def test_record_that_was_lost_comes_back_from_the_executions(old: Store) -> None:
    run()
    before = boards(old)
    old.table.delete(items.record_key(pipeline_id(old, DELIVER.old_key)))
    assert "1 changed" in run()
    assert boards(old) == before
    assert "0 changed" in run()


def test_row_without_record_and_executions_is_told(old: Store) -> None:
    run()
    row = boards(old)[pipeline_id(old, CI.old_key)]
    stray = {**items.row_item(row, 1), "sk": keys.pipeline("f" * 32)}
    old.table.put(stray)
    with pytest.raises(CommandError, match="1 could not be rebuilt"):
        run()
    assert old.table.get(Key(str(stray["pk"]), str(stray["sk"]))) == stray


def test_summary_that_was_lost_or_is_wrong_comes_back(old: Store) -> None:
    run()
    before = summaries(old)
    ci, nightly = boards(old)[pipeline_id(old, CI.old_key)], boards(old)[pipeline_id(old, "1296269/Nightly")]
    old.table.delete(items.summary_key(ci.team_id, ci.id))
    old.table.put(items.summary_item(nightly))
    assert "2 changed" in run()
    assert summaries(old) == before


# What waited in the inbox


def test_deliveries_that_the_old_build_left_in_the_inbox_are_applied(old: Store) -> None:
    assert inbox.sweep(old, range(keys.INBOX_SHARDS)) == 5
    run()
    found = boards(old)
    ci = found[pipeline_id(old, CI.key)]
    assert [one.number for one in ci.in_flight] == ["44", "43"]
    assert [cell.name for cell in ci.in_flight[0].stages] == ["build"]
    assert [one.number for one in found[pipeline_id(old, DELIVER.old_key)].in_flight] == ["10"]
    assert len(found[pipeline_id(old, "210987654321/eu-west-1/reports", "codepipeline")].in_flight) == 1
    assert inbox.sweep(old, range(keys.INBOX_SHARDS)) == 0


def test_delivery_that_nothing_can_read_any_more_keeps_no_other_waiting(old: Store) -> None:
    for connection in old.connections.list_of_team(team(old).id):
        old.table.delete(items.connection_key(connection.id))
    assert inbox.sweep(old, range(keys.INBOX_SHARDS)) == 1
    assert inbox.sweep(old, range(keys.INBOX_SHARDS)) == 0


# How far it got


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_terminal_shows_a_bar_that_is_drawn_over() -> None:
    out = Terminal()
    bar = Bar(OutputWrapper(out))
    bar.show(1, 2, "Payments")
    bar.show(2, 2, "Vault")
    bar.end()
    first, second = out.getvalue().strip("\r\n").split("\r")
    assert first.startswith("[" + "#" * 15 + "." * 15 + "] 1/2 Payments")
    assert second.startswith("[" + "#" * 30 + "] 2/2 Vault")


def test_without_a_terminal_there_is_a_line_now_and_then_and_one_at_the_end() -> None:
    out, times = io.StringIO(), iter([0.0, 1.0, 6.0, 6.0, 7.0, 8.0, 8.0])
    bar = Bar(OutputWrapper(out), lambda: next(times))
    for done in range(1, 5):
        bar.show(done, 4, "Payments")
    bar.end()
    assert out.getvalue().splitlines() == ["2/4 Payments", "4/4 Payments"]
