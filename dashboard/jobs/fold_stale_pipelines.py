"""What is derived of a pipeline that went stale is made anew from its executions, by the process that made it so."""

from __future__ import annotations

import logging

from dashboard.jobs.job import Job, Run, raise_first
from dashboard.wakeups import WakeUp, wakeups
from storage.errors import NotFound
from storage.store import Store

logger = logging.getLogger(__name__)


def fold_stale_pipelines(run: Run) -> None:
    """One that cannot be folded keeps no other waiting, and is tried again."""
    errors = []
    for pipeline_id in run.subjects:
        if not run.goes_on():
            return
        try:
            fold(run.store, pipeline_id)
        except Exception as error:
            errors.append(error)
        else:
            run.done(pipeline_id)
    raise_first(errors)


def fold(store: Store, pipeline_id: str) -> None:
    """Fold a stale pipeline again, then tell open pages. One that is gone needs none."""
    try:
        if store.rebuilder.refold(pipeline_id).changed:
            wakeups.send(WakeUp.STORE_CHANGED)
    except NotFound:
        logger.info("stale pipeline %s is gone", pipeline_id)


JOB = Job(
    name="fold-stale-pipelines",
    title="Fold stale pipelines again",
    work=fold_stale_pipelines,
    wake_ups=(WakeUp.PIPELINE_IS_STALE,),
)
