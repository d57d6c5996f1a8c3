"""How many runners are online for what jobs ask for, as tools tell when they are asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from storage.model.document import Document
from storage.model.runner_queues import LONGEST_LABEL

# What was told is believed for so long; the tools are asked every five minutes.
BELIEVED_MS = 20 * 60_000
MOST_TOLD = 200


class LabelOnline(Document, frozen=True):
    """online: how many runners can take a job that asks for this label of this tool. told_at: milliseconds."""

    source: str
    label: str
    online: int
    told_at: int


class RunnersOnline(Document, frozen=True):
    told: tuple[LabelOnline, ...] = ()

    def of(self, source: str, label: str, now: int) -> int | None:
        """None where nobody told, or not lately (`now`: milliseconds)."""
        found = (one for one in self.told if (one.source, one.label) == (source, label))
        return next((one.online for one in found if now < one.told_at + BELIEVED_MS), None)


def asked_for(label: str) -> frozenset[str]:
    """What a job with this label asks for, in small letters; nothing where that is not known whole."""
    return frozenset() if len(label) >= LONGEST_LABEL else frozenset(filter(None, label.casefold().split(", ")))


def able(wanted: frozenset[str], runners: Iterable[frozenset[str]]) -> int:
    """How many of these runners, each by what it has, have all that is wanted."""
    return sum(wanted <= has for has in runners)


def renewed(before: RunnersOnline, told: Iterable[LabelOnline], now: int) -> RunnersOnline:
    """Of what several connections tell of the same the most; what nobody told anew stays while it is believed."""
    found = {(one.source, one.label): one for one in before.told if now < one.told_at + BELIEVED_MS}
    fresh: dict[tuple[str, str], LabelOnline] = {}
    for one in told:
        known = fresh.get((one.source, one.label))
        if known is None or one.online > known.online:
            fresh[one.source, one.label] = one
    return RunnersOnline(tuple(sorted((found | fresh).values(), key=lambda one: (one.source, one.label))[:MOST_TOLD]))
