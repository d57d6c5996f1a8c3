"""Puts facts together: those of a day into parts, these into the windows that health pages read. Every step may be done
twice, or by two at once: what comes out follows from the facts alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from storage import keys, topics
from storage.codec import fact_items, items
from storage.errors import Conflict
from storage.model.board_row import BoardRow
from storage.model.bottleneck import MOST_RUNS, green_paths
from storage.model.document import replace
from storage.model.evidence import Measure
from storage.model.facts import DAY_MS
from storage.model.measures import Delivered, delivered
from storage.model.steps import StepChange, slower_stage
from storage.model.subject_views import Incident
from storage.model.windows import FORM, WINDOWS, Window, first_day_read, window_of, with_bottleneck
from storage.repositories import changes
from storage.repositories.subjects import Subjects
from storage.repositories.windows import list_newest_facts, list_short_facts
from storage.schema import EXPIRES
from storage.table import Absent, Delete, Item, Put, Query, Table, VersionIs, Write

# Notes that are read at once, and facts that are put in their places in one transaction.
SOME, PLACED_AT_ONCE = 200, 40
# Of the runs around a step that are looked at stage by stage: days on either side, and the most that are read.
DAYS_AROUND, MOST_AROUND = 14, 400


@dataclass(frozen=True, slots=True)
class StaleDay:
    pipeline_id: str
    day: int


@dataclass(frozen=True, slots=True)
class StaleTeam:
    team_id: str
    note: Item


class FactFolder:
    """now: milliseconds."""

    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now
        self._subjects = Subjects(table)
        self._looked_for = -1

    @property
    def today(self) -> int:
        return self._now() // DAY_MS

    def stale_days(self) -> Iterator[StaleDay]:
        """All of which facts have changed by now, read as far as they are asked for."""
        cursor, last = None, None
        while True:
            page = self._table.query(Query(keys.stale_days(), limit=SOME, cursor=cursor, consistent=True))
            for item in page.items:
                day = _stale_day(item)
                if day != last:
                    yield day
                last = day
            cursor = page.next
            if cursor is None:
                return

    def list_stale_teams(self) -> list[StaleTeam]:
        page = self._table.query(Query(keys.stale_teams(), limit=SOME, consistent=True))
        return [StaleTeam(items.text(item, "sk").partition(keys.SEPARATOR)[2], item) for item in page.items]

    def note_old_teams(self) -> None:
        """Once a day: those whose windows reach to another day than today, are of another form, or which have none, are
        to be worked out."""
        if self._looked_for == self.today:
            return
        teams = self._table.query(Query(keys.teams(), prefix=keys.TEAMS)).items
        windows = map(fact_items.window_of, self._table.query(Query(keys.health(), prefix=keys.WINDOWS)).items)
        old = {items.team_of(item).id for item in teams} - {
            w.team_id for w in windows if (w.last_day, w.form) == (self.today, FORM)
        }
        for team_id in sorted(old):
            self._table.put(fact_items.stale_team_item(team_id))
        self._looked_for = self.today

    def fold_day(self, stale: StaleDay) -> None:
        """Put the facts of a pipeline's day together; what its team delivered is then to be worked out."""
        self._place(self._put_together(stale))

    def _put_together(self, stale: StaleDay) -> Sequence[Item]:
        """Those that changed, which are put in their places once all else is done: whoever is stopped between finds
        them again."""
        sort = keys.stale_days_of(stale.pipeline_id) + keys.day_sort(stale.day)
        near = self._table.query(Query(keys.stale_days(), prefix=sort, consistent=True)).items
        changed = [item for item in near if _stale_day(item) == stale]
        found = self._facts_of(stale, changed)
        prefix = keys.day_sort(stale.day) + keys.SEPARATOR
        stood = self._table.query(Query(keys.parts(stale.pipeline_id), prefix=prefix, consistent=True)).items
        step = fact_items.MOST_TOGETHER
        parts = [
            self._part(stale, number, found[at : at + step]) for number, at in enumerate(range(0, len(found), step))
        ]
        for part in parts:
            self._table.put(part)
        for left in stood[len(parts) :]:
            self._table.delete(items.key_of(left))
        if record := self._table.get(items.record_key(stale.pipeline_id)):
            self._table.put(fact_items.stale_team_item(items.record_of(record).team_id))
        return changed

    def _facts_of(self, stale: StaleDay, changed: Sequence[Item]) -> list[Item]:
        """As they stand by now, those that changed among them."""
        prefix = keys.day_sort(stale.day) + keys.SEPARATOR
        standing = self._table.query(Query(keys.facts(stale.pipeline_id), prefix=prefix, consistent=True)).items
        found = {items.text(item, "sk"): item for item in standing}
        for write in map(fact_items.fact_write, changed):
            if isinstance(write, Put):
                found[items.text(write.item, "sk")] = write.item
            elif write is not None:
                found.pop(write.key.sk, None)
        return [found[sort] for sort in sorted(found)]

    def _place(self, changed: Sequence[Item]) -> None:
        """Unless another has come meanwhile."""
        for at in range(0, len(changed), PLACED_AT_ONCE):
            writes = [[*_placing(item)] for item in changed[at : at + PLACED_AT_ONCE]]
            try:
                self._table.transact([write for some in writes for write in some])
            except Conflict:
                for some in writes:
                    with suppress(Conflict):
                        self._table.transact(some)

    def _part(self, stale: StaleDay, number: int, found: Sequence[Item]) -> Item:
        facts = [fact_items.fact_of(item) for item in found]
        expires = max(items.number(item, EXPIRES) for item in found)
        return fact_items.part_item(stale.pipeline_id, stale.day, number, facts, expires)

    def _done(self, note: Item) -> None:
        """Unless it was noted again meanwhile."""
        with suppress(Conflict):
            self._table.transact([Delete(items.key_of(note), VersionIs(items.number(note, "version")))])

    def fold_stale_team(self, stale: StaleTeam) -> bool:
        """As fold_team. The note of what changes meanwhile stands."""
        changed = self.fold_team(stale.team_id)
        self._done(stale.note)
        return changed

    def fold_now(self, team_id: str, pipeline_id: str, day: int) -> None:
        """A day that somebody waits for. What changed stays for the job, which finds nothing new."""
        self._put_together(StaleDay(pipeline_id, day))
        self.fold_team(team_id)

    def fold_team(self, team_id: str) -> bool:
        """Work out what a team and each of its pipelines delivered. Whether anything changed."""
        team = self._table.get(items.team_key(team_id))
        if team is None:
            return False
        with suppress(Conflict):
            # What comes later is written with the team itself.
            self._table.put(fact_items.health_team_item(items.team_of(team)), Absent())
            if self._table.get(items.team_key(team_id)) is None:
                # Deleted between the two.
                self._table.delete(fact_items.health_team_key(team_id))
                return False
        wanted, last = sorted(WINDOWS), self.today
        first = first_day_read(last)
        rows = [row for row in self._rows(team_id) if not row.hidden]
        incidents = self._subjects.list_incidents(team_id, first * DAY_MS)
        found = {row.id: self._delivered(row, first, incidents) for row in rows}
        made = [window_of(team_id, [*found.values()], days, last) for days in wanted]
        for id_, each in found.items():
            newest = list_newest_facts(self._table, id_, last - max(wanted) + 1, MOST_RUNS, consistent=True)
            paths = green_paths(newest)
            made += [with_bottleneck(window_of(team_id, [each], days, last, id_), newest, paths) for days in wanted]
        return self._write(team_id, self._explained(made, {row.id: row.label for row in rows}))

    def _explained(self, made: Sequence[Window], names: Mapping[str, str]) -> list[Window]:
        """Steps with the names of their pipelines and, where runs take longer, the stage that does."""

        def told(step: StepChange) -> StepChange:
            return self._with_stage(replace(step, pipeline=names[step.pipeline_id]))

        return [replace(each, steps=tuple(map(told, each.steps))) if each.steps else each for each in made]

    def _with_stage(self, step: StepChange) -> StepChange:
        """Of the runs of the days around it, which are read in full."""
        if step.measure is not Measure.DURATION_P50:
            return step
        first, last = (step.at // DAY_MS + by for by in (-DAYS_AROUND, DAYS_AROUND))
        after = keys.day_sort(first) if first > 0 else ""
        page = self._table.query(Query(keys.facts(step.pipeline_id), after=after, limit=MOST_AROUND, consistent=True))
        facts = map(fact_items.fact_of, page.items)
        stage = slower_stage((fact for fact in facts if fact.day <= last), step.at)
        return replace(step, stage=stage[0], stage_before=stage[1], stage_after=stage[2]) if stage else step

    def _rows(self, team_id: str) -> list[BoardRow]:
        page = self._table.query(Query(keys.team(team_id), prefix=keys.PIPELINES, consistent=True))
        return [items.row_of(item) for item in page.items]

    def _delivered(self, row: BoardRow, first: int, incidents: Sequence[Incident]) -> Delivered:
        facts = list_short_facts(self._table, row.id, first, consistent=True)
        return delivered(facts, [one for one in incidents if one.repository and one.repository == row.repository])

    def _write(self, team_id: str, made: Sequence[Window]) -> bool:
        stood = {items.key_of(item): item for item in self._standing(team_id)}
        new = {items.key_of(item): item for window in made for item in fact_items.window_items(window)}
        writes: list[Write] = [Put(item) for key, item in new.items() if stood.get(key) != item]
        writes += [Delete(key) for key in stood if key not in new]
        for at in range(0, len(writes), 50):
            notice = changes.notice(self._now(), [topics.HEALTH, topics.health(team_id)])
            self._table.transact([*writes[at : at + 50], notice])
        return bool(writes)

    def _standing(self, team_id: str) -> list[Item]:
        of_team = self._table.batch_get([fact_items.window_key(team_id, days) for days in WINDOWS])
        page = self._table.query(Query(keys.team(team_id), prefix=keys.WINDOWS, consistent=True))
        return [*filter(None, of_team), *page.items]


def _stale_day(item: Item) -> StaleDay:
    return StaleDay(*fact_items.stale_day_of(item)[:2])


def _placing(changed: Item) -> Iterator[Write]:
    yield Delete(items.key_of(changed), VersionIs(items.number(changed, "version")))
    if write := fact_items.fact_write(changed):
        yield write
