"""What a live page is. Page, poll, stream, radiator and API ask the same object, so that they cannot differ."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock, RLock
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import urlencode

from dashboard.http.packing import Piece, piece_of
from dashboard.live.reader import Notice
from dashboard.live.regions import Region, Snapshot
from dashboard.readmodels.selections import Selection, selection_of
from dashboard.screens.kept import Kept
from dashboard.screens.once import once
from storage.model.accounts import User
from storage.store import Store

R = TypeVar("R")
M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class View:
    """How somebody wants to see a screen, as its address says: only what is not the screen's own default."""

    options: tuple[tuple[str, str], ...] = ()

    def get(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.options if key == name), default)

    @classmethod
    def of(cls, selection: Selection, **others: str) -> View:
        """`others`: options beside those of a selection."""
        fields = {**selection.fields, **others}
        return cls(tuple(sorted((name, value) for name, value in fields.items() if value)))

    @property
    def selection(self) -> Selection:
        return _selection(self.options)

    def text(self, **changed: str) -> str:
        """As the query of an address, with some options changed; empty ones are left out."""
        options = {**dict(self.options), **changed}
        return urlencode({key: value for key, value in sorted(options.items()) if value})


@lru_cache(maxsize=1024)
def _selection(options: tuple[tuple[str, str], ...]) -> Selection:
    return selection_of(dict(options))


@dataclass(frozen=True, slots=True)
class Moment:
    """What a screen looks like follows from `stamp` alone. `until`: when another may hold although nothing was told
    (milliseconds), None where that never is."""

    stamp: str
    until: int | None = None


class Screen(ABC, Generic[R, M]):
    """R: what is read of the store for it, decoded no further than it has to be. M: its read model.

    kind:    the first part of its topics; what follows is the key of what it shows.
    rank:    whose streams are served first, where many have changed at once: those of the lowest.
    parents: ids of elements that hold its regions and nothing else.
    """

    kind: ClassVar[str]
    rank: ClassVar[int] = 0
    parents: ClassVar[tuple[str, ...]] = ()

    def view(self, given: Mapping[str, str]) -> View:
        """The options of this screen that an address gives, those that mean something."""
        return View()

    def view_of(self, reader: User, reading: R, given: Mapping[str, str]) -> View:
        """As `view`, with what this person may see beside what all may who are admitted. No address gives that."""
        return self.view(given)

    @abstractmethod
    def read(self, store: Store, key: str) -> R:
        """Raises NotFound."""

    def reread(self, store: Store, key: str, reading: R, notices: Sequence[Notice]) -> R:
        """As `read`, where `reading` was read before and these notices are all that were given since. A screen may read
        only what they name."""
        return self.read(store, key)

    def source(self, key: str) -> str:
        """What is read: topics of one source can share what was read for one of them."""
        return f"{self.kind}:{key}"

    @abstractmethod
    def admit(self, reader: User, key: str, reading: R) -> tuple[str, ...]:
        """Names in notices that end a stream of it, as who may see it has changed. Raises Http404 or PermissionDenied
        where this person may not see it."""

    @abstractmethod
    def follows(self, key: str) -> tuple[str, ...]:
        """Names in notices that say it has changed."""

    @abstractmethod
    def moment(self, reading: R, key: str, view: View, now: int) -> Moment: ...

    @abstractmethod
    def build(self, reading: R, key: str, view: View, now: int) -> M: ...

    @abstractmethod
    def regions(self, model: M, view: View) -> Sequence[Region]: ...

    def topic(self, key: str, view: View) -> str:
        options = view.text()
        return f"{self.kind}:{key}?{options}" if options else f"{self.kind}:{key}"


class Shown(Generic[R, M]):
    """A screen as it is at one moment: its tag at no cost, everything else made when first asked for."""

    def __init__(self, screen: Screen[R, M], reading: R, key: str, view: View, now: int, moment: Moment) -> None:
        self._screen, self._reading, self._key, self._now = screen, reading, key, now
        self.view, self.topic = view, screen.topic(key, view)
        self.tag = tag_of(moment.stamp)
        self.until = moment.until
        self.making = RLock()

    @once
    def model(self) -> M:
        return self._screen.build(self._reading, self._key, self.view, self._now)

    @once
    def regions(self) -> tuple[Region, ...]:
        return tuple(self._screen.regions(self.model, self.view))

    @property
    def snapshot(self) -> Snapshot:
        fresh_until = self.until / 1000 if self.until is not None else None
        return Snapshot(self.tag, self.regions, self._screen.parents, fresh_until)

    def html(self, name: str) -> str:
        """Of the region with this id."""
        return next((region.html for region in self.regions if region.id == name), "")

    def html_of(self, parent: str) -> str:
        """Of all regions within this element."""
        return self._lists.get(parent, "")

    @once
    def _lists(self) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for region in self.regions:
            if region.parent:
                found.setdefault(region.parent, []).append(region.html)
        return {parent: "".join(htmls) for parent, htmls in found.items()}

    @once
    def piece(self) -> Piece | None:
        """Its longest list, ready to be sent within any reader's page."""
        return piece_of(max(self._lists.values(), key=len, default=""))


def tag_of(stamp: str) -> str:
    return hashlib.blake2b(stamp.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


# A screen of an execution with a hundred stages is some 300 KB.
_shown: Kept[str, Shown[Any, Any]] = Kept(most=256)
# So that all who come at once get the same.
_looking = Lock()


def look_at(screen: Screen[R, M], reading: R, key: str, view: View, now: int) -> Shown[R, M]:
    """The screen as it is now. What was made of it for somebody else is used again while its tag is the same."""
    moment = screen.moment(reading, key, view, now)
    topic, tag = screen.topic(key, view), tag_of(moment.stamp)
    with _looking:
        known = _shown.get(topic)
        if known is None or known.tag != tag:
            known = Shown(screen, reading, key, view, now, moment)
            _shown.put(topic, known)
    known.until = moment.until
    return known
