"""In which stage a Buildkite job stands: that of its step, or of its group of steps.

A step's label is free text with `:emoji:` in it, and with the values or the number that tell jobs of one step apart.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dashboard.sources.buildkite.states import is_block
from dashboard.sources.kit.payload import MAX_NAME, Payload, name

MAX_VALUES = 6
_EMOJI = re.compile(r"(?<!\w):([a-z0-9+][a-z0-9_+-]*):(?!\w)", re.IGNORECASE)
_EMPTY_BRACKETS = re.compile(r"[(\[{][\s,;/|x-]*[)\]}]")
_LEFT_OVER = " ,;:/|#–—-"
_JOINS = re.compile(r" (?:on|for|with|in|at|to|against)$", re.IGNORECASE)


class Place(NamedTuple):
    """stage, leg: as of an action. name: what people call the job, another for each of one step."""

    stage: str
    leg: str
    name: str


class _Step(NamedTuple):
    """What jobs have in common: `title` without what tells them apart, which `leg` says, and each job's own `name`."""

    title: str
    leg: str
    name: str


def place_of(job: Payload) -> Place:
    label = _label(job)
    if is_block(job):
        return Place(name(f"Approval: {_without_emoji(label)}"), "", label)
    step = _parallel(job, label) or _matrix(job, label) or _Step(_without_emoji(label), _emoji(label), label)
    group = job.name("group_key")
    return Place(group, step.title, step.name) if group else Place(step.title, step.leg, step.name)


def _label(job: Payload) -> str:
    told = job.name("name", "label", "step_key") or name(job.line("command"))
    return told or ("block step" if is_block(job) else job.name("type") or "job")


def _without_emoji(label: str) -> str:
    """Where nothing but emoji is left, their words are."""
    return _tidy(_EMOJI.sub(" ", label)) or _tidy(_EMOJI.sub(r" \1 ", label)) or label


def _emoji(label: str) -> str:
    """Steps are told apart by these too (`:ruby: Test` and `:node: Test`)."""
    return " ".join(_EMOJI.findall(label))


def _parallel(job: Payload, label: str) -> _Step | None:
    """Jobs of one step that share its work. They have no legs: where few may run at once, those that come later would
    be taken for stages of their own. A label may have the number, from 0 or from 1, and how many there are.
    https://buildkite.com/docs/pipelines/tutorials/parallel-builds#parallel-jobs"""
    index, total = job.integer("parallel_group_index"), job.number("parallel_group_total")
    if index is None or index < 0:
        return None
    bare = _without_emoji(label)
    of = rf"(?:\s*(?:/|of)\s*{total})?" if total else ""
    numbered = re.compile(rf"[\s(\[#-]*(?<![\w.])(?:{index + 1}|{index}){of}[)\]]*$", re.IGNORECASE)
    title = _tidy(numbered.sub("", bare))
    told = bool(title) and title != bare
    leg = f"{index + 1}/{total}" if total else str(index + 1)
    return _Step(title or bare, "", label if told else _named(label, leg))


def _matrix(job: Payload, label: str) -> _Step | None:
    """Jobs of one step for each value of a matrix. https://buildkite.com/docs/pipelines/configure/workflows/build-matrix"""
    values = job.values("matrix", MAX_VALUES)
    if not values:
        return None
    title, told = _without_emoji(label), 0
    for value in values:
        title, found = re.subn(rf"(?<!\w){re.escape(value)}(?!\w)", " ", title, count=1)
        told += found
    shared = _tidy(title) or job.name("step_key") or _without_emoji(label)
    leg = ", ".join(values)
    return _Step(shared, name(leg), label if told == len(values) else _named(label, leg))


def _named(label: str, leg: str) -> str:
    """With the leg, whatever is cut."""
    end = f" ({leg})"[:MAX_NAME]
    return label[: MAX_NAME - len(end)] + end


def _tidy(text: str) -> str:
    """Without brackets that hold nothing, and without what joined words to others that are gone."""
    text = " ".join(_EMPTY_BRACKETS.sub(" ", text).split())
    return _JOINS.sub("", text.strip(_LEFT_OVER))
