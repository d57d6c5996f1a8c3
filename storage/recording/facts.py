"""Which writes bring the fact of an execution to what it is by now. Pure: who writes the execution writes them, too."""

from __future__ import annotations

from storage import keys
from storage.codec import fact_items
from storage.model.document import replace
from storage.model.entities import Execution
from storage.model.facts import Fact, fact_of
from storage.model.merge import StoredExecution
from storage.model.overrides import PipelineOverrides
from storage.model.run import run_of
from storage.table import Delete, Put, Write


def settled(
    kept: StoredExecution,
    before: StoredExecution | None,
    execution: Execution,
    overrides: PipelineOverrides,
    expires: int,
) -> tuple[StoredExecution, list[Write]]:
    """The execution with its note of where its fact lies, and the writes of the fact. `before`: as it stands."""
    fact = fact_told(kept, execution, overrides)
    old = (before.pipeline_id, before.fact_day) if before is not None and before.fact_day >= 0 else None
    if fact is None:
        gone = _removed(kept.id, *old) if old else []
        return replace(kept, fact_day=-1, fact_digest=""), gone
    document = fact_items.packed(fact)
    new, digest = (kept.pipeline_id, max(0, fact.day)), fact_items.digest(document)
    noted = replace(kept, fact_day=new[1], fact_digest=digest)
    if old == new and before is not None and before.fact_digest == digest:
        return noted, []
    moved = _removed(kept.id, *old) if old and old != new else []
    return noted, [*moved, Put(fact_items.fact_item(fact, document, expires)), Put(fact_items.stale_item(*new))]


def fact_told(stored: StoredExecution, execution: Execution, overrides: PipelineOverrides) -> Fact | None:
    """None while nothing of it has ended, or nobody knows its pipeline."""
    run = run_of(stored.state, execution, overrides) if stored.pipeline_id else None
    if run is None:
        return None
    state, target = stored.state, execution.rollback_to
    puts_back = keys.execution_id(stored.team_id, state.source, target) if target else ""
    return fact_of(run, state, execution, overrides, mark=stored.mark, puts_back=puts_back)


def _removed(execution_id: str, pipeline_id: str, day: int) -> list[Write]:
    return [
        Delete(fact_items.fact_key(pipeline_id, day, execution_id)),
        Put(fact_items.stale_item(pipeline_id, day)),
    ]
