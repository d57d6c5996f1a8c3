"""What people say of a deployment that no tool tells."""

from __future__ import annotations

from storage.model.document import Document


class DeploymentMark(Document, frozen=True):
    """failed, unplanned: None where it is left to what is known otherwise. by: the name of who said so; at:
    milliseconds; reason: why."""

    failed: bool | None = None
    unplanned: bool | None = None
    reason: str = ""
    by: str = ""
    at: int = 0
