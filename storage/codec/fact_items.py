"""Facts <-> items, pure. A fact lies with its pipeline, by the day it counts on. One that changed is written among what
changed, and put there with all of its day.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from functools import lru_cache

from storage import keys, schema
from storage.codec import documents
from storage.codec.items import number, text
from storage.model.entities import Team
from storage.model.facts import Fact, shorter, without_words
from storage.model.windows import Window
from storage.table import Delete, Item, Key, Put

MOST_BYTES = 512


def fact_key(pipeline_id: str, day: int, execution_id: str) -> Key:
    return Key(keys.facts(pipeline_id), keys.fact_sort(day, execution_id))


def packed(fact: Fact) -> bytes:
    """In at most MOST_BYTES, in fewer words where it must be."""
    found, shown = documents.pack(fact), fact
    while len(found) > MOST_BYTES and (less := shorter(shown)) is not None:
        found, shown = documents.pack(less), less
    return found


def digest(fact: bytes) -> str:
    return hashlib.sha256(fact).hexdigest()[:8]


def fact_item(pipeline_id: str, day: int, execution_id: str, document: bytes, expires: int) -> Item:
    key = fact_key(pipeline_id, day, execution_id)
    return {"pk": key.pk, "sk": key.sk, "doc": document, schema.EXPIRES: expires}


def fact_of(item: Item) -> Fact:
    return documents.unpack(Fact, bytes(item["doc"]))  # type: ignore[arg-type]


def changed_item(pipeline_id: str, day: int, execution_id: str, document: bytes, expires: int) -> Item:
    """The fact as it is by now. Two of one execution differ, so that the first is not taken for the second."""
    return {**gone_item(pipeline_id, day, execution_id), "doc": document, schema.EXPIRES: expires}


def gone_item(pipeline_id: str, day: int, execution_id: str) -> Item:
    """That it has no fact there any more."""
    sort = keys.stale_day_sort(pipeline_id, day, execution_id)
    return {"pk": keys.stale_days(), "sk": sort, "version": secrets.randbits(48)}


def fact_write(changed: Item) -> Put | Delete | None:
    """What puts a fact that changed in its place. None for the note of a day alone, as the build before wrote them."""
    pipeline_id, day, execution_id = stale_day_of(changed)
    if not execution_id:
        return None
    if "doc" not in changed:
        return Delete(fact_key(pipeline_id, day, execution_id))
    document, expires = bytes(changed["doc"]), number(changed, schema.EXPIRES)  # type: ignore[arg-type]
    return Put(fact_item(pipeline_id, day, execution_id, document, expires))


def stale_team_key(team_id: str) -> Key:
    return Key(keys.stale_teams(), keys.team(team_id))


def stale_team_item(team_id: str) -> Item:
    key = stale_team_key(team_id)
    return {"pk": key.pk, "sk": key.sk, "version": secrets.randbits(48)}


def stale_day_of(item: Item) -> tuple[str, int, str]:
    """The pipeline, the day and the execution; no execution where the build before noted the day alone."""
    pipeline_id, day, *execution = text(item, "sk").split(keys.SEPARATOR)
    return pipeline_id, int(day), "".join(execution)


# A day of one pipeline: its facts without their stages and words, as measures over long periods need no more.


# About 64 KB at the most.
MOST_TOGETHER = 500


def part_key(pipeline_id: str, day: int, number: int) -> Key:
    return Key(keys.parts(pipeline_id), keys.part_sort(day, number))


def part_item(pipeline_id: str, day: int, number: int, facts: Sequence[Fact], expires: int) -> Item:
    key = part_key(pipeline_id, day, number)
    document = documents.pack([without_words(fact) for fact in facts])
    return {"pk": key.pk, "sk": key.sk, "doc": document, schema.EXPIRES: expires}


def part_of(item: Item) -> list[Fact]:
    return documents.unpack(list[Fact], bytes(item["doc"]))  # type: ignore[arg-type]


def window_key(team_id: str, days: int, pipeline_id: str = "") -> Key:
    """Those of all teams lie together, those of its pipelines with a team."""
    if pipeline_id:
        return Key(keys.team(team_id), keys.window_sort(days, pipeline_id))
    return Key(keys.health(), keys.window_sort(days, team_id))


def health_team_key(team_id: str) -> Key:
    return Key(keys.health(), keys.team(team_id))


def health_team_item(team: Team) -> Item:
    """The team as pages over what teams delivered read it."""
    key = health_team_key(team.id)
    return {"pk": key.pk, "sk": key.sk, "doc": documents.dump(team)}


def health_team_of(item: Item) -> Team:
    return _team(text(item, "doc"))


@lru_cache(maxsize=4096)
def _team(document: str) -> Team:
    return documents.load(Team, document)


def window_item(window: Window) -> Item:
    key = window_key(window.team_id, window.days, window.pipeline_id)
    return {"pk": key.pk, "sk": key.sk, "doc": documents.pack(window)}


def window_items(window: Window) -> list[Item]:
    """A team's stands with its pipelines' windows once more, where the team's own page reads them all at once."""
    item = window_item(window)
    beside = Key(keys.team(window.team_id), keys.window_sort(window.days, window.team_id))
    return [item] if window.pipeline_id else [item, {**item, "pk": beside.pk, "sk": beside.sk}]


def window_of(item: Item) -> Window:
    return _window(bytes(item["doc"]))  # type: ignore[arg-type]


@lru_cache(maxsize=16_384)
def _window(document: bytes) -> Window:
    return documents.unpack(Window, document)
