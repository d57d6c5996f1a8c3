"""How requests go to a store on the network: again where that may help, for so long at most, and not at all while the
store is known to be away. Knows nothing of any SDK.

A breaker as Nygard describes it (Release It!, "Circuit Breaker"): what fails again and again is not waited for by each.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from storage.errors import Contended, Denied, StorageError, Throttled, Unavailable

T = TypeVar("T")

FAILURES = 3
TRIAL_SECONDS = 0.5
LONGEST_PAUSE = 0.2


class Breaker:
    """Open once `FAILURES` tries in a row came to nothing; then one try every `TRIAL_SECONDS` goes through, and the
    first that comes to something closes it. `timer`: seconds by a clock that nobody sets."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._failed = 0
        self._next_trial = 0.0
        self._why: StorageError = Unavailable("the store is away")

    @property
    def is_open(self) -> bool:
        return self._failed >= FAILURES

    def pass_or_raise(self) -> None:
        """Whoever asks goes on to try. Raises what the last one failed with while nobody should."""
        if not self.is_open:
            return
        with self._lock:
            now = self._timer()
            if self.is_open and now < self._next_trial:
                raise type(self._why)(str(self._why)) from self._why
            self._next_trial = now + TRIAL_SECONDS

    def succeeded(self) -> None:
        self._failed = 0

    def failed(self, why: StorageError) -> None:
        with self._lock:
            self._failed += 1
            self._why = why
            self._next_trial = self._timer() + TRIAL_SECONDS


@dataclass(frozen=True, slots=True)
class Patience:
    """`seconds`: after so long no new try begins. `tries`: at most."""

    seconds: float
    tries: int


class Sender:
    """`sleep` and `timer` in seconds."""

    def __init__(
        self,
        breaker: Breaker,
        *,
        sleep: Callable[[float], None] = time.sleep,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._breaker = breaker
        self._sleep = sleep
        self._timer = timer

    def send(self, ask: Callable[[], T], patience: Patience) -> T:
        """What `ask` answers; it raises storage errors. Throttled and Unavailable are tried again, but not what another
        transaction is in the way of, and not what will be refused again."""
        self._breaker.pass_or_raise()
        until = self._timer() + patience.seconds
        for attempt in range(1, patience.tries + 1):
            try:
                answer = ask()
            except (Contended, Denied):
                self._breaker.succeeded()
                raise
            except (Throttled, Unavailable) as error:
                pause = random.uniform(0.5, 1) * min(LONGEST_PAUSE, 0.025 * 2 ** (attempt - 1))
                last = attempt == patience.tries or self._timer() + pause >= until
                # Who throttles is there: only who gave up for it counts.
                if last or isinstance(error, Unavailable):
                    self._breaker.failed(error)
                if last or self._breaker.is_open:
                    raise
                self._sleep(pause)
            except StorageError:
                self._breaker.succeeded()
                raise
            else:
                self._breaker.succeeded()
                return answer
        raise AssertionError("the last try raises")
