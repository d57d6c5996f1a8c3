"""Which writes bring the fact of an execution to what it is by now. Pure: who writes the execution writes them, too."""

from __future__ import annotations

from storage import keys
from storage.codec import fact_items
from storage.model.document import replace
from storage.model.entities import Execution
from storage.model.facts import Fact, fact_of
from storage.model.merge import StoredExecution
from storage.model.overrides import PipelineOverrides
from storage.model.run import Run
from storage.table import Put


def settled(
    kept: StoredExecution,
    before: StoredExecution | None,
    execution: Execution,
    run: Run | None,
    overrides: PipelineOverrides,
    expires: int,
) -> tuple[StoredExecution, list[Put]]:
    """The execution with its note of where its fact lies, and the writes of the fact. `before`: as it stands; `run`:
    what its pipeline remembers, None while nothing of it has ended, or nobody knows its pipeline."""
    fact = _fact_told(kept, execution, run, overrides) if run else None
    old = (before.pipeline_id, before.fact_day) if before is not None and before.fact_day >= 0 else None
    if fact is None:
        gone = [Put(fact_items.gone_item(*old, kept.id))] if old else []
        return replace(kept, fact_day=-1, fact_digest=""), gone
    document = fact_items.packed(fact)
    new, digest = (kept.pipeline_id, max(0, fact.day)), fact_items.digest(document)
    noted = replace(kept, fact_day=new[1], fact_digest=digest)
    if old == new and before is not None and before.fact_digest == digest:
        return noted, []
    moved = [Put(fact_items.gone_item(*old, kept.id))] if old and old != new else []
    return noted, [*moved, Put(fact_items.changed_item(*new, kept.id, document, expires))]


def _fact_told(stored: StoredExecution, execution: Execution, run: Run, overrides: PipelineOverrides) -> Fact:
    state, target = stored.state, execution.rollback_to
    puts_back = keys.execution_id(stored.team_id, state.source, target) if target else ""
    return fact_of(run, state, execution, overrides, mark=stored.mark, puts_back=puts_back)
