"""kill -9 of a worker before and after every call of the store that a webhook makes, then anywhere at random."""

from __future__ import annotations

import time

from tests.soak.place import Place, await_that
from tests.soak.traffic import Traffic, story

MOST_CALLS = 12


def kill_at_store_calls(place: Place, traffic: Traffic, seconds: float) -> None:
    """Each post of a run, at each call; then for `seconds` once in a hundred calls of any thread."""
    server, deaths = place.server, 0
    last = len(story()) - 1
    for shape in range(0 if seconds > 20 else last, last + 1):
        for when in ("before", "after"):
            for number in range(1, MOST_CALLS):
                posts = story()
                for post in posts[:shape]:
                    traffic.send(post)
                server.say("kill", f"{when} {number}")
                died = traffic.send(posts[shape]) == 0
                server.say("kill")
                await_that(lambda: len(server.worker_ids()) == server.workers, 5)
                if not died:
                    break
                deaths += 1
    assert deaths >= 4, f"only {deaths} workers died"
    server.say("odds", "100")
    with traffic.running():
        time.sleep(seconds / 2)
    server.say("odds")
    await_that(lambda: len(server.worker_ids()) == server.workers, 5)
