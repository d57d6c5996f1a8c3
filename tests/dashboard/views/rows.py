"""Rows as people read them, and runs told by how long ago they began."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, ExecutionChanged
from tests.dashboard.visiting import Visitor
from tests.factories import MINUTE, NOW, a_pipeline_execution, a_run, action_changed, execution_changed, record

TIME = re.compile(r'<time datetime="([^"]*)"[^>]*>[^<]*</time>')


@dataclass(frozen=True)
class Row:
    """A row as people read it. `says`: the line under the name, times as their ISO text. `of`: whose change.
    `stops`: title by stage; `also`, `before`: the other runs that are at a stage, the run that went red there."""

    condition: str
    says: str
    of: str
    stops: dict[str, str]
    also: dict[str, list[str]]
    before: dict[str, str]
    markup: str


def plain(markup: str) -> str:
    told = TIME.sub(lambda found: found[1][11:16], markup)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", told))).strip()


def read(page: str) -> Row:
    (row,) = re.findall(r'<li class="row .*?</li>\s*(?=<li class="row |</ol>|</ul>)', page, re.DOTALL)
    stops = re.findall(r'<li class="stop .*?</li>', row, re.DOTALL)
    titles = [html.unescape(re.findall(r'class="stop__in"[^>]*title="([^"]*)"', stop)[0]) for stop in stops]
    names = [title.partition(":")[0] for title in titles]
    condition, says = re.findall(r'data-condition="(\w+)"', row)[0], re.findall(r"who__state.*?>(.*?)</p>", row)[0]
    load = re.findall(r'class="who__load"[^>]*>(.*?)</p>', row)
    return Row(
        condition=condition,
        says=plain(says),
        of=plain(load[0]) if load else "",
        stops={name: title.partition(": ")[2] for name, title in zip(names, titles, strict=True)},
        also={n: found for n, stop in zip(names, stops, strict=True) if (found := _also(stop))},
        before={
            n: found[0] for n, s in zip(names, stops, strict=True) if (found := re.findall(r"prev.*?</svg>(\d+)", s))
        },
        markup=row,
    )


def _also(stop: str) -> list[str]:
    return [f"{title} -> {href}" for href, title in re.findall(r'class="also" href="([^"]+)" title="([^"]+)"', stop)]


@dataclass
class Told:
    """The only pipeline of a team, after six green runs of three minutes."""

    visitor: Visitor
    team_id: str

    def __call__(self, *told: list[AnyEvent]) -> Row:
        for events in told:
            record(self.visitor.store, events, self.team_id)
        return self.row

    @property
    def row(self) -> Row:
        return read(self.visitor.text("/teams/payments"))

    @property
    def network(self) -> dict[str, str]:
        """The groups of what needs attention: where, and what runs meanwhile."""
        page = self.visitor.text("/").partition('id="attention"')[2].partition("</table>")[0]
        groups = re.findall(r'<span class="state [^"]*">([^<]*)</span> <b>.*?</tbody>', page, re.DOTALL)
        cells = re.findall(r'attention__where">(.*?)</td>', page, re.DOTALL)
        where = (re.sub(r"<ol.*</ol>", " ", cell, flags=re.DOTALL) for cell in cells)
        return dict(zip(groups, map(plain, where), strict=True))


def run(number: int, ago: int, outcome: Status | None = Status.SUCCEEDED, **said: Any) -> list[AnyEvent]:
    """A run that began so many minutes ago, each of a commit of its own."""
    said = {"commit": commit_of(number), **said}
    return a_run(str(number), began=NOW - ago * MINUTE, outcome=outcome, number=str(number), **said)


def commit_of(number: int) -> str:
    return f"{number:x}".ljust(40, "e")


def red(number: int, ago: int, **said: Any) -> list[AnyEvent]:
    return run(number, ago, Status.FAILED, **said)


def job(number: int, name: str, status: Status, ago: float, **said: Any) -> ActionChanged:
    at = NOW - int(ago * MINUTE)
    own = {"at": at, "queued_at": at, "started_at": at, "raw_status": str(status), "finished": status.finished}
    ended = {"finished_at": at} if status.finished else {}
    key = f"{number}-{said.get('attempt', 1)}-{name}"
    return action_changed(str(number), name, action=key, status=status, **{**own, **ended, **said})


def word(number: int, status: Status, ago: int, **said: Any) -> ExecutionChanged:
    at = NOW - ago * MINUTE
    ended = {"finished": True, "finished_at": at} if status.finished else {}
    own = {"number": str(number), "at": at, "queued_at": at, "raw_status": str(status), "commit": commit_of(number)}
    return execution_changed(str(number), status=status, **{**own, **ended, **said})


def waits(number: int, ago: int, at: str = "approve") -> list[AnyEvent]:
    """A run that was built and waits for somebody since a minute after it began."""
    begun = run(number, ago, None, stages=("build",))
    told_so = word(number, Status.WAITING, ago - 1, queued_at=NOW - ago * MINUTE)
    return [*begun, job(number, "build", Status.SUCCEEDED, ago - 1), job(number, at, Status.WAITING, ago - 1), told_so]


def back(execution: str, ago: int, outcome: Status | None, to: str = "aaaa1111-0") -> list[AnyEvent]:
    """CodePipeline rolls back its last stage."""
    said = a_pipeline_execution(execution, began=NOW - ago * MINUTE, outcome=outcome, stages=("Prod",))
    return [replace(e, rollback=True, rollback_to=to) if isinstance(e, ExecutionChanged) else e for e in said]
