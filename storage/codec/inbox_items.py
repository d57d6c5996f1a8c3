"""Deliveries that wait in the inbox, and dead letters, as items.

An entry's place in the inbox is the time when it is to be tried next. What it holds is never written anew, so that a
document that this version cannot read is there for one that can.
"""

from __future__ import annotations

from storage import keys
from storage.codec import documents
from storage.codec.items import delivery_brief_of, delivery_nonce, delivery_of, number, text
from storage.model.deliveries import Delivery
from storage.model.document import replace
from storage.table import Exists, Item, Key, Precondition, VersionIs

DEAD = "dead"


class InboxEntry(Delivery, frozen=True):
    """A delivery that waits, and how often it was tried in vain."""

    tries: int = 0


def entry_of(item: Item) -> InboxEntry:
    """Whole. One that cannot be read has no events, and its reason says so: it must not keep others from being read."""
    brief = delivery_brief_of(item)
    try:
        found = delivery_of(item)
        events, subjects, team_id, reason = found.events, found.subjects, found.team_id, ""
    except Exception as error:
        events, subjects, team_id = (), (), ""
        reason = f"its events cannot be read ({type(error).__name__})"
    return InboxEntry(
        connection_id=text(item, "history_pk").partition(keys.SEPARATOR)[2],
        key=brief.key,
        event=brief.event,
        received_at=brief.received_at,
        answer=brief.answer,
        outcome=text(item, "outcome"),
        reason=reason,
        events=events,
        team_id=team_id,
        post=text(item, "post"),
        subjects=subjects,
        tries=number(item, "tries"),
    )


def due_at(item: Item) -> int:
    """When an entry of the inbox is to be tried, milliseconds."""
    return int(text(item, "inbox_sk").partition(keys.SEPARATOR)[0])


def postponed(item: Item, due_at: int, tries: int, reason: str) -> Item:
    """The entry, to be tried again at `due_at` (milliseconds)."""
    place: Item = {
        "inbox_sk": keys.moment(due_at, _nonce(item)),
        "tries": tries,
        "version": number(item, "version") + 1,
    }
    return {**item, **place, "summary": documents.dump(replace(delivery_brief_of(item), reason=reason))}


def buried(item: Item, entry: InboxEntry, reason: str) -> Item:
    """The entry as a dead letter: out of the inbox, on its team's list where that is known. What a replay needs is
    kept: its post, or else its events."""
    brief = replace(delivery_brief_of(item), outcome=DEAD, reason=reason)
    left = {name: value for name, value in item.items() if name not in ("inbox_pk", "inbox_sk")}
    if "post" in left:
        left.pop("doc", None)
    dead: Item = {**left, "outcome": DEAD, "summary": documents.dump(brief)}
    if entry.team_id:
        dead["inbox_pk"] = keys.dead_letters(entry.team_id)
        dead["inbox_sk"] = keys.dead_letters_of(entry.connection_id) + keys.moment(entry.received_at, _nonce(item))
    return dead


def unmoved(item: Item) -> Precondition:
    """That nobody has moved or applied the entry since it was read. Those of an earlier version have no number."""
    return VersionIs(number(item, "version")) if "version" in item else Exists()


def connection_of_dead(item: Item) -> str:
    return text(item, "inbox_sk").partition(keys.SEPARATOR)[0]


def _nonce(item: Item) -> str:
    return delivery_nonce(Key(text(item, "pk"), text(item, "sk")))
