"""What of a list is shown and how: filter, sort, groups, density. Addresses and saved views hold it. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from dashboard.readmodels import rows
from dashboard.readmodels.appearance import CONDITION_APPEARANCES
from dashboard.readmodels.filters import EVERYTHING, Filter, parse
from storage.model.board_row import BoardRow
from storage.model.entities import CONDITION_ORDER, Condition


class Sort(enum.StrEnum):
    """newest: trouble first, and of each condition what began last. longest: the same, but what has lasted longest.
    activity: what was heard of last."""

    NEWEST = "newest"
    LONGEST = "longest"
    NAME = "name"
    ACTIVITY = "activity"


class Group(enum.StrEnum):
    CONDITION = "condition"
    REPOSITORY = "repository"
    LABEL = "label"


class RowGroup(NamedTuple):
    """`order`: sorts groups as text."""

    order: str
    title: str


@dataclass(frozen=True, slots=True)
class Selection:
    """`dense`: a line a row. Two that select the same are equal, whatever was written."""

    filter: Filter = EVERYTHING
    sort: Sort = Sort.NEWEST
    group: Group = Group.CONDITION
    dense: bool = False

    @property
    def address(self) -> str:
        """The query part of an address that selects this, without what is so anyway."""
        return urlencode(self.fields)

    @property
    def fields(self) -> dict[str, str]:
        said = {
            "q": self.filter.text,
            "sort": self.sort if self.sort is not Sort.NEWEST else "",
            "group": self.group if self.group is not Group.CONDITION else "",
            "dense": "1" if self.dense else "",
        }
        return {name: str(value) for name, value in said.items() if value}


def selection_of(params: Mapping[str, str]) -> Selection:
    """Of an address: `q`, `sort`, `group`, `dense`. What is unknown is as if it were not there."""
    sort, group = params.get("sort", ""), params.get("group", "")
    return Selection(
        filter=parse(params.get("q", "")),
        sort=Sort(sort) if sort in set(Sort) else Sort.NEWEST,
        group=Group(group) if group in set(Group) else Group.CONDITION,
        dense=params.get("dense", "") == "1",
    )


def order_of(row: BoardRow, state: Condition, selection: Selection) -> str:
    """Sorts rows as text: by group, then as asked for, then always the same."""
    return f"{group_of(row, state, selection.group).order}/{_order(row, state, selection.sort)}"


def group_of(row: BoardRow, state: Condition, group: Group) -> RowGroup:
    """Which group a row stands in. Of several labels it is the first; those without any come last."""
    if group is Group.REPOSITORY:
        return _named(row.repository, "No repository")
    if group is Group.LABEL:
        return _named(next(iter(row.overrides.labels), ""), "No label")
    return RowGroup(str(CONDITION_ORDER[state]), CONDITION_APPEARANCES[state].label)


def _named(name: str, without: str) -> RowGroup:
    # Before the first slash stands the group.
    return RowGroup(f"0 {name.casefold().replace('/', ' ')}", name) if name else RowGroup("1", without)


def _order(row: BoardRow, state: Condition, sort: Sort) -> str:
    match sort:
        case Sort.NAME:
            return f"{(row.label or row.name).casefold()} {row.id}"
        case Sort.ACTIVITY:
            return f"{rows.LAST - (_heard_at(row) or 0):015d}-{row.id}"
    return rows.order_of(row, state, longest=sort is Sort.LONGEST)


def _heard_at(row: BoardRow) -> int | None:
    latest = row.latest
    return latest.heard_at if latest else None
