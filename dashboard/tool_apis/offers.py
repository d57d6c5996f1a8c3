"""What each tool's API offers, and what it takes to be let in. A tool that is not here is not asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dashboard.tool_apis import azuredevops, buildkite, circleci, github, gitlab

_REGION = re.compile(r"[a-z]{2}(-[a-z0-9]+)+-\d")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}")


@dataclass(frozen=True, slots=True)
class Offer:
    """address: where it is for everybody, where a connection may name another one. takes_token: it is let in by a token
    of the connection; else by this server's own credentials, which only administrators lend. rights: what it needs,
    as plain text. registers_app: a connection can be an App of its own there, which needs no token. example: of an
    address of somebody's own server. names_place: an address is to be given, as nobody's is everybody's: of an
    organisation, which any manager names within `address`, or of a server."""

    takes_token: bool
    address: str
    rights: str
    registers_app: bool = False
    example: str = ""
    names_place: bool = False

    def is_within(self, address: str) -> bool:
        """Whether it is of the host that everybody knows."""
        return bool(self.address) and address.startswith(f"{self.address}/")


OFFERS = {
    "azuredevops": Offer(
        takes_token=True,
        address=azuredevops.PUBLIC_ADDRESS,
        rights=(
            "A personal access token of the organisation, with the scopes Build: Read and Project and Team: Read, and "
            "nothing else."
        ),
        example="https://dev.azure.com/acme",
        names_place=True,
    ),
    "buildkite": Offer(
        takes_token=True,
        address=buildkite.PUBLIC_ADDRESS,
        rights=(
            "An API access token for the organisation, with the scopes read_organizations, read_pipelines and "
            "read_builds, and read_build_logs where logs are to be read; nothing else."
        ),
        example="https://buildkite.example.com",
    ),
    "circleci": Offer(
        takes_token=True,
        address=circleci.PUBLIC_ADDRESS,
        rights=(
            "A personal API token. CircleCI's tokens may do all that their owner may: make one of a person for this "
            "alone, who may read the projects and change none, and follows them."
        ),
        example="https://circleci.example.com",
    ),
    "github": Offer(
        takes_token=True,
        address=github.PUBLIC_ADDRESS,
        rights="A fine-grained token for the repositories, with Actions: read and Contents: read, and nothing else.",
        registers_app=True,
        example="https://github.example.com/api/v3",
    ),
    "gitlab": Offer(
        takes_token=True,
        address=gitlab.PUBLIC_ADDRESS,
        rights=(
            "An access token of the group or the project with the role Reporter and the scope read_api, and nothing"
            " else. To make hooks with it: the scope api, and the role Owner of a group or Maintainer of projects."
        ),
        example="https://gitlab.example.com/api/v4",
    ),
    "jenkins": Offer(
        takes_token=True,
        address="",
        rights=(
            "A user's name and an API token of theirs, as name:token. The user needs Overall/Read and Job/Read, and "
            "nothing else."
        ),
        example="https://jenkins.example.com",
        names_place=True,
    ),
    "codepipeline": Offer(
        takes_token=False,
        address="",
        rights=(
            "This server's own AWS credentials, or a role that they may assume. For runs: codepipeline:ListPipelines,"
            " ListPipelineExecutions, ListActionExecutions, GetPipelineExecution and GetPipelineState. For logs:"
            " codepipeline:ListActionExecutions, codebuild:BatchGetBuilds and logs:GetLogEvents."
        ),
    ),
}


def is_region(text: str) -> bool:
    """Whether it may be a region of AWS."""
    return _REGION.fullmatch(text) is not None


def is_role(text: str) -> bool:
    """Whether it is the ARN of a role at AWS."""
    return _ROLE.fullmatch(text) is not None
