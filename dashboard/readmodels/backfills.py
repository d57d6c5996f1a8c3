"""How far the reading of a tool's past is, in words and as a bar."""

from __future__ import annotations

from dataclasses import dataclass

from storage.model.backfill import Backfill, BackfillState

WORDS = {
    BackfillState.LISTING: "Listing projects",
    BackfillState.NEWEST: "Reading the newest runs",
    BackfillState.OLDER: "Reading older runs",
    BackfillState.JOBS: "Reading stages of the newest runs",
    BackfillState.DONE: "All read",
    BackfillState.STOPPED: "Stopped",
}


@dataclass(frozen=True, slots=True)
class BackfillProgress:
    """done, total: projects, in the present state. works: it goes on by itself. resumes_at: when, where it waits for
    the tool, milliseconds; 0 where it does not. sign: the status its symbol is drawn as."""

    backfill: Backfill
    words: str
    counts: str
    done: int
    total: int
    works: bool
    resumes_at: int
    sign: str


def progress_of(backfill: Backfill, now: int = 0) -> BackfillProgress:
    """`now` in milliseconds."""
    state, waits = backfill.state, backfill.resumes_at > now
    signs = {BackfillState.DONE: "succeeded", BackfillState.STOPPED: "failed" if backfill.problem else "cancelled"}
    return BackfillProgress(
        backfill=backfill,
        words=WORDS[state],
        counts=", ".join(_counts(backfill)),
        done=backfill.finished if state is not BackfillState.LISTING else 0,
        total=backfill.projects,
        works=state.works,
        resumes_at=backfill.resumes_at if state.works and waits else 0,
        sign=signs.get(state, "queued" if waits else "running"),
    )


def _counts(backfill: Backfill) -> list[str]:
    told = [(backfill.projects, "project"), (backfill.runs, "run"), (backfill.calls, "request")]
    return [f"{count:,} {word}{'' if count == 1 else 's'}".replace(",", " ") for count, word in told]
