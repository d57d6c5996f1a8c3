"""The rules by which new pipelines go to teams: one item of the whole installation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from storage import keys
from storage.codec import documents
from storage.codec.items import text
from storage.model.accounts import Actor, Fields
from storage.model.document import replace
from storage.model.team_rules import RuledSource, TeamRule, TeamRuleSet
from storage.repositories import audit
from storage.table import Absent, Item, Key, Put, Table, VersionIs

RULES_KEY = Key(keys.settings(), "TEAM_RULES")
# Of a change so many lines are told in the audit log.
MOST_TOLD = 20


def find_rules(table: Table) -> TeamRuleSet:
    return rules_of(table.get(RULES_KEY))


def rules_of(item: Item | None) -> TeamRuleSet:
    """Empty where nobody has written any."""
    return documents.load(TeamRuleSet, text(item, "doc")) if item else TeamRuleSet()


class TeamRuleSets:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def find(self) -> TeamRuleSet:
        """Empty where nobody has written any."""
        return find_rules(self._table)

    def put(self, before: TeamRuleSet, after: TeamRuleSet, by: Actor, action: str = "team_rules.changed") -> None:
        """Raises Conflict when somebody else changed it first. The audit log has the places that hold another rule, and
        the tools that came or went."""
        written = replace(after, version=before.version + 1, updated_at=self._now(), updated_by=by.name)
        noted = audit.entry(
            by,
            self._now(),
            action,
            "team rules",
            before=_without(before, after),
            after=_without(after, before),
        )
        condition = VersionIs(before.version) if before.version else Absent()
        item: Item = {
            "pk": RULES_KEY.pk,
            "sk": RULES_KEY.sk,
            "version": written.version,
            "doc": documents.dump(written),
        }
        self._table.transact([Put(item, condition), audit.put(noted)])


def _without(one: TeamRuleSet, other: TeamRuleSet) -> Fields:
    """What the other has not there."""
    lines = [
        (f"rule {place}", _told(rule))
        for place, rule in enumerate(one.rules, 1)
        if rule not in other.rules[place - 1 : place]
    ]
    sources: Sequence[RuledSource] = [source for source in one.ruled if source not in other.ruled]
    lines += [("by rules", f"{source.source} of {source.team_id}") for source in sources]
    return tuple((name, value[: audit.LONGEST_VALUE]) for name, value in lines[:MOST_TOLD])


def _told(rule: TeamRule) -> str:
    return f"{', '.join(f'{of} {said}' for of, said in rule.conditions)} to {rule.team_id}"
