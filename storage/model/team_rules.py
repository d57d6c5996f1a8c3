"""Which pipelines go to which team, where nobody says it of each: rules that people put in order, the first that fits
counts. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Mapping, Sequence
from functools import lru_cache

from storage.model.document import Document
from storage.model.pipeline_record import PipelineRecord

# The team of pipelines that no rule fits. Administrators alone see it, and nobody renames or deletes it.
UNASSIGNED = "00000000-0000-4000-8000-000000000000"
MOST_RULES, LONGEST_PATTERN = 100, 200
# What a rule may look at, in the order it is told; each is a field of a rule and of facts.
LOOKED_AT = ("source", "repository", "project", "account", "place", "name", "label")
# Where a pipeline's record has what its tool tells late, perhaps.
TEXT_OF: Mapping[str, str] = {
    "repository": "repository",
    "project": "project",
    "account": "owner",
    "place": "place",
    "name": "name",
}


class PipelineFacts(Document, frozen=True):
    """What rules look at: the tool, what it says of the pipeline, and the labels that people gave it. What is told
    later only adds to the values of each."""

    source: str
    key: str = ""
    repository: str = ""
    project: str = ""
    account: str = ""
    place: str = ""
    name: str = ""
    labels: tuple[str, ...] = ()

    def values(self, of: str) -> tuple[str, ...]:
        """Any of which may fit. Not every tool has a name for what it names by a key, or for a repository's project."""
        match of:
            case "label":
                return self.labels
            case "name":
                return (self.name, self.key)
            case "project":
                return (self.project, self.repository.rpartition("/")[2])
            case _:
                return (getattr(self, of),)


class TeamRule(Document, frozen=True):
    """Each text is empty where the rule does not look at that; else patterns, commas between several, of which one has
    to fit: `*` stands for any characters, `?` for one, case does not matter. `source`: a tool's name, as it is."""

    team_id: str
    source: str = ""
    repository: str = ""
    project: str = ""
    account: str = ""
    place: str = ""
    name: str = ""
    label: str = ""

    @property
    def conditions(self) -> tuple[tuple[str, str], ...]:
        """What it looks at, and the patterns."""
        return tuple((of, getattr(self, of)) for of in LOOKED_AT if getattr(self, of))

    def fits(self, facts: PipelineFacts) -> bool:
        """A rule that looks at nothing fits nothing."""
        told = _looked_at(self)
        return bool(told) and all(
            any(value and pattern.fullmatch(value.casefold()) for value in facts.values(of)) for of, pattern in told
        )

    def covers(self, other: TeamRule) -> bool:
        """Whether it fits everything that the other fits, whatever may come. Where that takes more than a comparison
        of patterns, False."""
        said = dict(other.conditions)
        return bool(self.conditions) and all(
            of in said
            and all(any(fits(wide, narrow) for wide in patterns_of(mine)) for narrow in patterns_of(said[of]))
            for of, mine in self.conditions
        )


class RuledSource(Document, frozen=True):
    """A team's connections of one tool, whose new pipelines go to teams by the rules. All of them: a pipeline is the
    same by whichever it is told."""

    team_id: str
    source: str


class TeamRuleSet(Document, frozen=True):
    """All of an installation. `version` 0: nothing is stored."""

    rules: tuple[TeamRule, ...] = ()
    ruled: tuple[RuledSource, ...] = ()
    version: int = 0
    updated_at: int = 0
    updated_by: str = ""

    def decide_for(self, team_id: str, source: str) -> bool:
        """Whether pipelines of a team's connections of this tool go by the rules. Those of Unassigned do anyway."""
        return team_id == UNASSIGNED or RuledSource(team_id, source) in self.ruled


def patterns_of(said: str) -> list[str]:
    return [pattern for pattern in (part.strip() for part in said.split(",")) if pattern]


def fits(pattern: str, value: str) -> bool:
    """Whether all of the value is what the pattern says. `?` never stands for a `*`, so that a pattern can be compared
    with another."""
    return bool(value) and _compiled(pattern.casefold()).fullmatch(value.casefold()) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_expression(pattern), re.DOTALL)


@lru_cache(maxsize=1024)
def _looked_at(rule: TeamRule) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Each condition as one expression."""
    told = ((of, [_expression(pattern.casefold()) for pattern in patterns_of(said)]) for of, said in rule.conditions)
    return tuple((of, re.compile("|".join(some) or "(?!)", re.DOTALL)) for of, some in told)


def _expression(pattern: str) -> str:
    """What stands between two stars is looked for once, where it comes first: no value makes it try again and again."""
    first, *others = ["".join("[^*]" if one == "?" else re.escape(one) for one in part) for part in pattern.split("*")]
    between = "".join(f"(?>.*?{part})" for part in others[:-1])
    return first + between + (f".*{others[-1]}" if others else "")


def facts_of(record: PipelineRecord) -> PipelineFacts:
    """People may have given it another name: its tool's counts, as that is what the next one has, too."""
    told = {of: record.text(text) for of, text in TEXT_OF.items()}
    return PipelineFacts(record.source, record.key, **told, labels=record.overrides.labels)


def first_fitting(rules: Sequence[TeamRule], facts: PipelineFacts, teams: Container[str]) -> int | None:
    """The place of the rule that counts; None where none fits. One whose team is not among `teams` fits nothing."""
    return next((at for at, rule in enumerate(rules) if rule.team_id in teams and rule.fits(facts)), None)


def covering(rules: Sequence[TeamRule], at: int, teams: Container[str]) -> int | None:
    """The place of an earlier rule that leaves this one nothing, whatever may come."""
    earlier = enumerate(rules[:at])
    return next((place for place, one in earlier if one.team_id in teams and one.covers(rules[at])), None)


def fingerprint(rules: Sequence[TeamRule]) -> str:
    """Tells whether two lists are the same, as text that may be shown."""
    return hashlib.sha256(repr(tuple(rules)).encode("utf-8", "surrogatepass")).hexdigest()[:32]
