"""What CodePipeline's API tells of pipelines, their executions and the actions of one, as it tells it.

https://docs.aws.amazon.com/codepipeline/latest/APIReference. It keeps twelve months. What it needs beside logs:
codepipeline:ListPipelines, ListPipelineExecutions, ListActionExecutions, GetPipelineExecution, GetPipelineState.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dashboard.tool_apis.answers import Found, found_or_none, listed_in
from dashboard.tool_apis.codepipeline import CodePipelineApi
from dashboard.tool_apis.errors import NothingThere
from dashboard.tool_apis.session import Budget


@dataclass(frozen=True, slots=True)
class Listed:
    """A page. `next`: the token of the one that follows, empty where there is none."""

    found: Sequence[Found]
    next: str


class CodePipelineHistoryApi(CodePipelineApi):
    """Times are datetimes. All raise ApiError, of what is gone NothingThere."""

    @cached_property
    def account(self) -> str:
        """Whose pipelines are read. Raises ApiError."""
        return (*self.identity().split(":"), "", "", "", "", "")[4]

    def pipelines(self, token: str) -> Listed:
        """Those of the region, by name."""
        return self._page("list_pipelines", "pipelines", token)

    def executions(self, pipeline: str, size: int, token: str) -> Listed:
        """Newest first. Raises NotTaken for a token that AWS does not know any more."""
        return self._page(
            "list_pipeline_executions", "pipelineExecutionSummaries", token, pipelineName=pipeline, maxResults=size
        )

    def actions(self, pipeline: str, execution_id: str) -> list[Found]:
        """Of one execution, each time that one was run."""
        pages = self._pages(pipeline, execution_id, Budget())
        return [one for page in pages for one in listed_in(page, "actionExecutionDetails")]

    def execution(self, pipeline: str, execution_id: str) -> Found | None:
        """As it is now, without its times. None where there is no such execution, or no more."""
        told = {"pipelineName": pipeline, "pipelineExecutionId": execution_id}
        try:
            return found_or_none(self.asked("get_pipeline_execution", Budget(), **told).get("pipelineExecution"))
        except NothingThere:
            return None

    def stages(self, pipeline: str) -> list[Found]:
        """As they stand now: what waits before each, and whether it may go on."""
        return listed_in(self.asked("get_pipeline_state", Budget(), name=pipeline), "stageStates")

    def _page(self, operation: str, name: str, token: str, **told: str | int) -> Listed:
        page = self.asked(operation, Budget(), **told, **({"nextToken": token} if token else {}))
        following = page.get("nextToken") or ""
        return Listed(listed_in(page, name), following if following != token else "")
