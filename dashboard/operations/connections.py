"""What `manage.py doctor` says of connections: whether events come, and whether their tools can be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse

from dashboard.auth.sealing import unseal
from dashboard.operations.findings import OK, WARNING, WRONG, Finding
from dashboard.readmodels.connections import UNSIGNED
from dashboard.readmodels.freshness import MOST_AHEAD_MS, MOST_BEHIND_MS, freshness_of, is_used_up, span_of
from dashboard.sources import SOURCES
from dashboard.webhooks.connecting import connections_of
from storage.model.backfill import Backfill, BackfillState
from storage.model.connection_state import ConnectionState, clock_ahead_ms
from storage.model.deliveries import DeliveryBrief
from storage.model.entities import Connection
from storage.store import Store

HOUR_MS = 3_600_000
# Who reads a past notes how far it is within a minute or so.
STANDS_STILL_MS = HOUR_MS
LOOKED_AT = 20
KEYS = "Start with the key it was sealed under (BIGTRANSIT_SECRET_KEY_FALLBACKS), or give it again"


@dataclass(frozen=True, slots=True)
class Examined:
    """A connection with all that is known of it. `called`: by its tool, name and team. `page`: its address."""

    connection: Connection
    called: str
    page: str
    state: ConnectionState
    deliveries: Sequence[DeliveryBrief]
    backfill: Backfill | None
    now: int


def connections(store: Store) -> Iterator[Finding]:
    found = list(_all(store))
    told = [finding for one in found for look in _LOOKS for finding in look(one)]
    yield from told
    yield from _own_clock(found)
    if not told:
        yield Finding(OK, f"nothing is unusual with {len(found)} of them" if found else "there is none yet")


def _all(store: Store) -> Iterator[Examined]:
    backfills = {one.connection_id: one for one in store.backfills.list_all()}
    for entry in store.teams.list_all():
        ids = [one.id for one in connections_of(store, entry.team.id)]
        states = store.connection_states.find_all(ids)
        for one in store.connections.find_all(ids):
            label = SOURCES[one.source].label
            yield Examined(
                connection=one,
                called=f"{label}{f' ({one.name})' if one.name else ''} of {entry.team.name}",
                page=f"{settings.BASE_URL}{reverse('connection', args=[one.id])}",
                state=states[one.id],
                deliveries=store.deliveries.list_of_connection(one.id, limit=LOOKED_AT),
                backfill=backfills.get(one.id),
                now=store.now(),
            )


def _secret(one: Examined) -> Iterator[Finding]:
    refused = [each for each in one.deliveries if each.answer == UNSIGNED]
    if refused and one.deliveries[0].answer == UNSIGNED:
        words = f"{one.called}: the secret was wrong in {len(refused)} of the latest {len(one.deliveries)} posts"
        yield Finding(WARNING, words, f"Enter this connection's secret at the tool, or rotate it: {one.page}")


def _silence(one: Examined) -> Iterator[Finding]:
    fresh = freshness_of(one.connection, one.state, one.now, settings.API_SHARE)
    if fresh.unusual_at is not None:
        since = span_of(one.now - one.state.activity.last_at)
        cure = f"Look at the tool whether its webhook is on and what it was answered; the URL it needs: {one.page}"
        yield Finding(WARNING, f"{one.called}: nothing heard for {since}, longer than is usual for it now", cure)


def _clock(one: Examined) -> Iterator[Finding]:
    ahead = clock_ahead_ms(one.state.activity)
    if ahead is None or -MOST_BEHIND_MS <= ahead <= MOST_AHEAD_MS:
        return
    if ahead > 0:
        words = f"{one.called}: the sender's clock is {span_of(ahead)} ahead of this server's"
        yield Finding(WARNING, words, "Set the clock that is wrong (NTP): times since are off by that much.")
    else:
        words = f"{one.called}: events come {span_of(-ahead)} after what they tell of"
        yield Finding(WARNING, words, "Compare both clocks (NTP); if they agree, look at the tool's queue of webhooks.")


def _own_clock(found: Sequence[Examined]) -> Iterator[Finding]:
    """Where all senders say the same, it is ours."""
    aheads = [ahead for one in found if (ahead := clock_ahead_ms(one.state.activity)) is not None]
    if len(aheads) > 1 and min(aheads) > MOST_AHEAD_MS:
        words = f"all {len(aheads)} senders are ahead: it is this server's clock that is behind"
        yield Finding(WARNING, words, "Set it right: timedatectl set-ntp true, or what your system has for NTP.")


def _quota(one: Examined) -> Iterator[Finding]:
    quota = one.state.quota
    if quota is not None and is_used_up(quota, one.now, settings.API_SHARE):
        until = datetime.fromtimestamp(quota.resets_at / 1000, UTC).strftime("%H:%M UTC")
        words = f"{one.called}: our share of its API's quota is used up until {until}"
        cure = "It goes on by itself. If it happens often: a token of its own, or a larger BIGTRANSIT_API_SHARE."
        yield Finding(WARNING, words, cure)


def _access(one: Examined) -> Iterator[Finding]:
    api = one.connection.api
    if api.token and not unseal(api.token):
        yield Finding(WRONG, f"{one.called}: no key opens its API token", f"{KEYS}: {one.page}")
    if not api.app.id:
        return
    if not api.app.key:
        words = f"{one.called}: its App {api.app.slug} has no private key here, so nothing is read"
        yield Finding(WARNING, words, f"Make one in the App's settings at GitHub and give it here: {one.page}")
    elif not unseal(api.app.key):
        yield Finding(WRONG, f"{one.called}: no key opens the private key of its App", f"{KEYS}: {one.page}")
    elif not api.app.installation:
        words = f"{one.called}: its App {api.app.slug} is not installed anywhere, so nothing comes"
        yield Finding(WARNING, words, f"Install it: {one.page}")


def _repair(one: Examined) -> Iterator[Finding]:
    repair = one.state.repair
    if repair is not None and repair.problem:
        words = f"{one.called}: runs are not kept as the tool has them for {span_of(one.now - repair.problem_at)}"
        token = "accept the token" in repair.problem
        cure = f"Give it a new token, under access to its API: {one.page}" if token else f"See its page: {one.page}"
        yield Finding(WARNING, f"{words}: {repair.problem}", cure)


def _backfill(one: Examined) -> Iterator[Finding]:
    read = one.backfill
    if read is None:
        return
    again = f"Begin it again: {one.page}, or manage.py backfill {one.connection.id}"
    if read.state is BackfillState.STOPPED and read.problem:
        yield Finding(WARNING, f"{one.called}: the reading of its past ended: {read.problem}", again)
    still = one.now - max(read.worked_at, read.asked_at, read.resumes_at)
    if read.state.works and still > STANDS_STILL_MS:
        why = f": {read.problem}" if read.problem else ""
        words = f"{one.called}: the reading of its past stands still for {span_of(still)}{why}"
        yield Finding(WARNING, words, f"Is a server running? {again}")


_LOOKS: tuple[Callable[[Examined], Iterator[Finding]], ...] = (
    _secret, _silence, _clock, _quota, _access, _repair, _backfill,
)  # fmt: skip
