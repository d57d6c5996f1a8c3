"""What a job is, and what its work is given for one run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from dashboard.wakeups import WakeUp
from storage.store import Store


class Run(Protocol):
    """One run, as its work sees it."""

    @property
    def store(self) -> Store: ...
    @property
    def subjects(self) -> tuple[str, ...]:
        """What wake-ups named since the last run, in order, and what is left of earlier ones."""
        ...

    def done(self, subject: str) -> None:
        """This one need not come again. What is not done when the run ends is there in the next."""
        ...

    def goes_on(self) -> bool:
        """To be asked between steps: false where the process stops or another has the lease by now. Says that the job
        does not hang, and renews the lease."""
        ...

    def rest(self, seconds: float) -> bool:
        """Let others have the store for so long. As `goes_on`."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """Work may be done twice, and by several processes at once: a lease saves work, it guards nothing.

    period_seconds: how long after a run the next begins, give or take a fifth; 0: only when woken.
    lease_seconds:  where one process is to do it for all, how long the others wait for one that died; 0: each does it.
    needed:         whether there is anything to do, asked before the lease is. It may do what each process is to do.
    """

    name: str
    title: str
    work: Callable[[Run], object]
    period_seconds: float = 0.0
    wake_ups: tuple[WakeUp, ...] = ()
    lease_seconds: float = 0.0
    needed: Callable[[Store], bool] = lambda _: True


def raise_first(errors: Iterable[Exception]) -> None:
    """At the end of a run whose parts are tried one by one."""
    for error in errors:
        raise error
