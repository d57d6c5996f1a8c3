"""Events out of tiny ranges, so that ties, repeats and contradictions happen all the time."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import (
    ActionChanged,
    AnyEvent,
    DeploymentChanged,
    ExecutionChanged,
    Origin,
    PipelineRef,
    StageChanged,
)
from tests.factories import DAY, NOW, SHA

BEGIN = NOW - DAY
times = st.integers(0, 4).map(lambda minutes: BEGIN + minutes * 60_000)
maybe_times = st.none() | times
texts = st.sampled_from(["", "a", "b"])
urls = st.sampled_from(["", "https://ci.example/1"])
attempts = st.integers(1, 3)


NAMED = PipelineRef(
    source="github",
    key="github.com/1/2",
    name="CI",
    url="https://ci.example/p",
    repository="acme/checkout",
    default_branch="main",
    project="checkout",
    owner="acme",
    place="github.com",
    path=".github/workflows/ci.yml",
    aliases=("1/CI",),
)


def refs(source: str = "github") -> st.SearchStrategy[PipelineRef]:
    """With and without the pipeline's key, as tools tell it, but never two pipelines of one execution."""
    named = replace(NAMED, source=source)
    sparse = PipelineRef(source, "github.com/1/2", "checkout", default_branch="main")
    return st.sampled_from([named, sparse, PipelineRef(source, "", "")])


def common(execution: str, absorbing: bool | None, source: str) -> dict[str, st.SearchStrategy[Any]]:
    """absorbing None: some events are, some are not."""
    return {
        "pipeline": refs(source),
        "execution": st.just(execution),
        "attempt": attempts,
        "at": times,
        "status": st.none() | st.sampled_from(Status),
        "raw_status": texts,
        "finished": st.booleans(),
        "absorbing": st.booleans() if absorbing is None else st.just(absorbing),
        "order": st.just(int(execution)) if source == "github" else st.none(),
        "queued_at": maybe_times,
        "started_at": maybe_times,
        "finished_at": maybe_times,
        "told_to_wait": st.booleans(),
        "tells_run": st.booleans(),
        "committed_at": maybe_times,
        "url": urls,
    }


def events(execution: str = "1", absorbing: bool | None = None, source: str = "github") -> st.SearchStrategy[AnyEvent]:
    return _any_kind(common(execution, absorbing, source)).map(_consistent)


def _consistent(event: AnyEvent) -> AnyEvent:
    """Sources say `finished` with a status that ends, and leave it open only where the status is unknown."""
    return event if event.status in (None, Status.UNKNOWN) else replace(event, finished=event.status.finished)


def _any_kind(shared: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[AnyEvent]:
    commit = {"branch": st.sampled_from(["", "main", "topic"]), "commit": st.sampled_from(["", SHA])}
    people = {"message": texts, "author": texts}
    kinds: tuple[st.SearchStrategy[AnyEvent], ...] = (
        st.builds(
            ExecutionChanged, **shared, **commit, **people, actor=texts,
            number=st.sampled_from(["", "7"]), trigger=st.sampled_from(["", "push", "pull_request"]),
            origin=st.none() | st.sampled_from(Origin), change_request=st.sampled_from(["", "41"]), head=texts,
            commits=st.sampled_from([(), (SHA,)]), upstream=texts, rollback=st.booleans(), reason=texts, by=texts,
            stages=st.sampled_from([(), ("build", "test"), ("test", "build")]),
        ),
        st.builds(
            StageChanged, **shared, stage=st.sampled_from(["build", "deploy production"]), kind=st.just(""),
            decisive=st.booleans(), own_attempt=st.none() | st.integers(1, 2), reason=texts,
        ),
        st.builds(
            ActionChanged, **shared, **commit, **people, note=texts,
            stage=st.sampled_from(["build", "test"]), action=st.sampled_from(["x", "y"]), name=st.sampled_from("xy"),
            leg=st.sampled_from(["", "3.12", "production"]), own_attempt=st.none() | st.integers(1, 2), by=texts,
            allowed_to_fail=st.none() | st.booleans(), runner_labels=st.sampled_from([(), ("linux",)]),
            environment=st.sampled_from(["", "production"]), deciders=st.sampled_from([(), ("ops",), ("mara", "kofi")]),
        ),
        st.builds(
            DeploymentChanged, **shared, **commit,
            deployment=st.sampled_from(["d1", "d2"]), environment=st.sampled_from(["production", "staging"]),
        ),
    )  # fmt: skip
    return st.one_of(kinds)


@st.composite
def shuffled(draw: st.DrawFn, found: st.SearchStrategy[list[AnyEvent]]) -> tuple[list[AnyEvent], list[AnyEvent]]:
    """Some events, and the same in another order with some of them repeated."""
    told = draw(found)
    repeated = draw(st.lists(st.sampled_from(told), max_size=4)) if told else []
    return told, draw(st.permutations([*told, *repeated]))
