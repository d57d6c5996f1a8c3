"""The stretches in which a stage of the default branch was red, as a pipeline's page tells them."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.readmodels.appearance import words
from storage.model.pipeline_record import PipelineRecord
from storage.model.red_windows import RedWindow, red_windows
from storage.model.spans import seconds_between
from storage.model.verdicts import RunRef

MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class RedLine:
    """lasted: in words, empty while it lasts. said: what was tried, who has it, whether it had been red before."""

    window: RedWindow
    lasted: str
    said: tuple[str, ...]
    suspects: tuple[RunRef, ...]


def red_lines(record: PipelineRecord) -> tuple[RedLine, ...]:
    """Newest first, of the runs that are remembered."""
    return tuple(map(_line, red_windows(record.history, record.taken)[:MOST_SHOWN]))


def _line(window: RedWindow) -> RedLine:
    lasted = seconds_between(window.since, window.until)
    said = [f"{window.reds} red run{'s' if window.reds > 1 else ''}"]
    if window.tries:
        said.append(f"run again {'once' if window.tries == 1 else f'{window.tries} times'}")
    if window.repeats:
        said.append(f"red before {'once' if window.repeats == 1 else f'{window.repeats} times'}")
    if window.taken and window.taken.at >= window.since:
        said.append(f"{window.taken.name} has it")
    return RedLine(
        window=window,
        lasted=words(lasted) if lasted is not None else "",
        said=tuple(said),
        suspects=window.suspects if len(window.suspects) > 1 else (),
    )
