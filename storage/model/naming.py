"""What pipelines are called: in full, and on pages by the least that tells them apart. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from storage.model.document import Document
from storage.model.pipeline_record import PipelineRecord

BETWEEN = " · "


class Name(Document, frozen=True):
    """`label`: for pages. `full`: with all of its own name."""

    label: str
    full: str


def names_of(records: Sequence[PipelineRecord]) -> dict[str, Name]:
    """The names of pipelines that stand on one board, by id. A workflow's name is left out where its repository has
    only one; pipelines of one name are told apart by owner or account, host or region, file, whichever is enough.
    Retired ones lengthen no other's name."""
    gone = retired(records)
    names = _names(records)
    return names | _names([record for record in records if record.id not in gone]) if gone else names


def _names(records: Sequence[PipelineRecord]) -> dict[str, Name]:
    crowded: dict[tuple[str, ...], int] = defaultdict(int)
    for record in records:
        crowded[_repository(record)] += 1
    labels = {
        r.id: _own(r) if crowded[_repository(r)] > 1 else r.overrides.name or r.text("project") or _own(r)
        for r in records
    }
    fulls = {record.id: _own(record) for record in records}
    by_id = {record.id: record for record in records}
    labels, fulls = _told_apart(labels, by_id), _told_apart(fulls, by_id)
    return {id_: Name(labels[id_], fulls[id_]) for id_ in labels}


def _repository(record: PipelineRecord) -> tuple[str, ...]:
    if not record.text("project"):
        return (record.id,)
    return (record.source, record.text("place"), record.text("owner"), record.text("project"))


def _own(record: PipelineRecord) -> str:
    if record.overrides.name:
        return record.overrides.name
    name = record.text("name") or record.text("path").rpartition("/")[2]
    return BETWEEN.join(part for part in (record.text("project"), name) if part) or record.key


_QUALIFIERS: tuple[tuple[str, ...], ...] = (
    ("owner",),
    ("place",),
    ("path",),
    ("owner", "place"),
    ("owner", "place", "path"),
)


def _told_apart(names: Mapping[str, str], records: Mapping[str, PipelineRecord]) -> dict[str, str]:
    told = dict(names)
    alike = defaultdict(list)
    for id_, name in names.items():
        alike[name].append(id_)
    for name, ids in alike.items():
        if len(ids) < 2:
            continue
        say = _least([records[id_] for id_ in ids])
        for id_ in ids:
            told[id_] = _qualified(name, say(records[id_]), records[id_])
    return told


def _least(records: Sequence[PipelineRecord]) -> Callable[[PipelineRecord], str]:
    """What differs between all of them, the least that does."""
    for wanted in _QUALIFIERS:
        values = {_values(record, wanted) for record in records}
        if len(values) == len(records):
            return lambda record, wanted=wanted: _values(record, wanted)  # type: ignore[misc]
    return lambda record: record.id[:6]


def _values(record: PipelineRecord, wanted: Sequence[str]) -> str:
    values = (record.text(name).rpartition("/")[2] if name == "path" else record.text(name) for name in wanted)
    return ", ".join(value for value in values if value)


def _qualified(name: str, said: str, record: PipelineRecord) -> str:
    if said and said == record.text("owner") and record.text("project") and not record.overrides.name:
        return f"{said}/{name}"
    return f"{name} ({said})" if said else name


def retired(records: Sequence[PipelineRecord]) -> set[str]:
    """Pipelines whose name and repository another has taken since they last ran: a workflow whose file was renamed is
    a new one at its tool."""
    alike = defaultdict(list)
    for record in records:
        if record.text("project") and record.text("name"):
            alike[*_repository(record), record.text("name")].append(record)
    return {
        old.id
        for same in alike.values()
        for old in same
        if any(new.id != old.id and new.first_order > old.last_order >= 0 for new in same)
    }
