"""The table of what a row says (docs/rows.md), case by case.

Not here, as nothing tells of them yet: case 26 (a pipeline that was disabled or deleted at its tool) and a schedule
that was missed, for both of which a tool's API has to be read.
"""

from __future__ import annotations

from typing import Any

from storage.model.document import replace
from storage.model.entities import Condition, Status
from storage.model.events import Origin
from tests.factories import CODEPIPELINE, REF, pipeline_action, pipeline_execution, pipeline_stage
from tests.storage.recording.cases import (
    GREEN,
    HOUR,
    OFF,
    QUEUED,
    RED,
    RUNNING,
    WAITING,
    Case,
    at,
    end_of,
    execution,
    job,
    quiet,
    run,
    stage,
    told,
    waiting,
)

FAILING, PASSING, IDLE, NO_SIGNAL = Condition.FAILING, Condition.PASSING, Condition.IDLE, Condition.NO_SIGNAL
SEVEN_FAILED = run(7, 0, RED, "build", "test")
FAILED_SINCE = end_of(0, 2)
SEVEN_GREEN = run(7, 0)
FIVE_GREEN = run(5, -20)
OF_SEVEN: dict[str, Any] = {"number": "7", "since": FAILED_SINCE, "stage": "test", "first_red": "7"}
CHANGE: dict[str, Any] = {"origin": Origin.CHANGE_REQUEST, "trigger": "pull_request"}
FORK: dict[str, Any] = {"origin": Origin.FORK, "branch": "main", "head": "somebody/checkout"}
TAG: dict[str, Any] = {"origin": Origin.TAG, "branch": "v1.2.0"}
AGAIN: dict[str, Any] = {"attempt": 2}
PUT_BACK: dict[str, Any] = {"rollback": True, "rollback_to": "one"}
AWS_GREEN = execution("seven", 0, GREEN, "Build", "Prod")
AWS_RED = execution("seven", 0, RED, "Build", "Prod")
AWS: dict[str, Any] = {"ref": CODEPIPELINE}
GREEN_SINCE: dict[str, Any] = {"number": "7", "since": end_of(0)}
TRUNK = replace(REF, default_branch="trunk")
RENAMED = replace(REF, name="Build and test")
BROKEN = replace(REF, name="")

CASES = [
    Case("1 a run failed", SEVEN_FAILED, FAILING, **OF_SEVEN),
    Case(
        "2 the next runs, taken", [*SEVEN_FAILED, *run(8, 30, None)], FAILING, look=34, **OF_SEVEN,
        flying=(("8", RUNNING, False),), taken_at=20, taken=True,
    ),
    Case(
        "3 the next failed elsewhere", [*SEVEN_FAILED, *run(8, 30, RED, "build")], FAILING,
        number="8", since=FAILED_SINCE, stage="build", first_red="7",
    ),
    Case("4 the next was cancelled", [*SEVEN_FAILED, *run(8, 30, OFF)], FAILING, **OF_SEVEN, after="8"),
    Case(
        "4 none of the next says anything",
        [
            *SEVEN_FAILED, *quiet(8, 30, Status.SUPERSEDED),
            *(event for n in range(9, 49) for event in quiet(n, n + 30, Status.SKIPPED)),
        ],
        FAILING, **OF_SEVEN, after="48",
    ),
    Case(
        "5 the next succeeded", [*SEVEN_FAILED, *run(8, 30)], PASSING, number="8", since=end_of(30), taken_at=20,
    ),
    Case(
        "6 a retry is queued", [*SEVEN_FAILED, job(7, "test", QUEUED, 30, 2)], FAILING, look=31, **OF_SEVEN,
        flying=(("7", QUEUED, False),),
    ),
    Case(
        "6 a retry runs", [*SEVEN_FAILED, *run(7, 30, None, "test", **AGAIN)], FAILING, look=31, **OF_SEVEN,
        flying=(("7", RUNNING, False),),
    ),
    Case(
        "7 a retry succeeded", [*SEVEN_FAILED, *run(7, 30, GREEN, "test", **AGAIN)], PASSING, number="7",
        since=end_of(30, 1),
    ),
    Case(
        "8 one waits, the next runs", [*waiting(7, 0), *run(8, 30, None)], Condition.WAITING,
        flying=(("8", RUNNING, False), ("7", WAITING, False)),
    ),
    Case(
        "8 one waits, the next succeeded", [*waiting(7, 0), *run(8, 30)], Condition.WAITING, look=9 * HOUR,
        number="8", since=end_of(30), flying=(("7", WAITING, False),),
    ),
    Case(
        "9 two wait", [*waiting(7, 0), *waiting(8, 30)], Condition.WAITING, look=9 * HOUR,
        flying=(("8", WAITING, False), ("7", WAITING, False)),
    ),
    Case(
        "10 a person rejected it",
        [
            *waiting(7, 0),
            job(7, "production", RED, 9, queued_at=at(1) + 1000, note="rejected by a person", by="Mara"),
            told(7, RED, 9),
        ],
        FAILING, number="7", since=at(9), stage="production", first_red="7",
    ),
    Case("11 an older one fails later", [*run(6, -9, None), *SEVEN_GREEN, *run(6, -9, RED)[:-1], told(6, RED, 40)],
         PASSING, **GREEN_SINCE),
    Case(
        "12 an older one's tests fail again", [*FIVE_GREEN, *SEVEN_GREEN, *run(5, 30, RED, "test", **AGAIN)], PASSING,
        number="7", since=end_of(-20),
    ),
    Case(
        "13 an older one is deployed again",
        [*FIVE_GREEN, *SEVEN_GREEN, *run(5, 30, None, "deploy production", **AGAIN)], Condition.RUNNING,
        look=31, number="7", since=end_of(-20), flying=(("5", RUNNING, True),),
    ),
    Case(
        "14 it fails and the next starts",
        [*FIVE_GREEN, *SEVEN_GREEN, *run(5, 30, RED, "deploy production", **AGAIN), *run(8, 60, None, "build")],
        FAILING, look=61, number="5", since=end_of(30, 1), stage="deploy production", first_red="5", redeploy=True,
        flying=(("8", RUNNING, False),),
    ),
    Case(
        "14 it fails and the next is cancelled",
        [*FIVE_GREEN, *SEVEN_GREEN, *run(5, 30, RED, "deploy production", **AGAIN), *run(8, 60, OFF)],
        FAILING, number="5", since=end_of(30, 1), stage="deploy production", first_red="5", redeploy=True, after="8",
    ),
    Case(
        "14 it fails and the next succeeds",
        [*FIVE_GREEN, *SEVEN_GREEN, *run(5, 30, RED, "deploy production", **AGAIN), *run(8, 60)],
        PASSING, number="8", since=end_of(-20),
    ),
    Case(
        "15 rolled back", [*AWS_GREEN, *execution("back", 30, GREEN, "Prod", **PUT_BACK)], PASSING, **AWS,
        number="seven", since=at(2), rolled_back=True,
    ),
    Case(
        "16 failed and rolled back by itself",
        [*AWS_RED, *execution("back", 3, GREEN, "Prod", **PUT_BACK)], FAILING, **AWS,
        number="seven", since=at(2), stage="Prod", first_red="seven", rolled_back=True,
    ),
    Case(
        "17 a stage failed, the end never came", AWS_RED[:-1], FAILING, **AWS, look=20 * HOUR,
        number="seven", since=at(2), stage="Prod", first_red="seven",
    ),
    Case(
        "17 it was resumed later",
        [
            *AWS_RED, pipeline_execution("seven", RUNNING, at(30)), pipeline_stage("seven", "Prod", RUNNING, at(30)),
            pipeline_action("seven", "Prod", RUNNING, at(30)),
        ],
        FAILING, **AWS, look=31, number="seven", since=at(2), stage="Prod", first_red="seven",
        flying=(("seven", RUNNING, False),),
    ),
    Case(
        "17 it was resumed and went green",
        [*AWS_RED, pipeline_execution("seven", RUNNING, at(30)), *stage("seven", "Prod", 30),
         pipeline_execution("seven", GREEN, at(31))],
        PASSING, **AWS, number="seven", since=at(31),
    ),
    Case(
        "17 a job failed, which may be forgiven, and nothing more came", run(7, 0, RED)[:-1], NO_SIGNAL,
        look=9 * HOUR, flying=(("7", RUNNING, False),),
    ),
    Case("18 one is silent", run(7, 0, None), NO_SIGNAL, look=9 * HOUR, flying=(("7", RUNNING, False),)),
    Case("18 one is silent for a while", run(7, 0, None), Condition.RUNNING, flying=(("7", RUNNING, False),)),
    Case("19 it is silent and the next succeeded", [*run(7, 0, None), *run(8, 30)], PASSING, number="8",
         since=end_of(30)),
    Case(
        "20 kept back by its tool", [told(7, QUEUED, 0, raw_status="pending", told_to_wait=True)], Condition.QUEUED,
        look=19 * HOUR, flying=(("7", QUEUED, False),),
    ),
    Case(
        "20 kept back, and a newer one passed",
        [told(7, QUEUED, 0, raw_status="pending", told_to_wait=True), *run(8, 30)], PASSING,
        look=19 * HOUR, number="8", since=end_of(30),
    ),
    Case(
        "20 between its stages", run(7, 0, GREEN, "build", "test")[:-1], Condition.QUEUED, look=19 * HOUR,
        flying=(("7", RUNNING, False),),
    ),
    Case(
        "20 before a lock, and a newer one stands there, too",
        [*execution("seven", 0, GREEN, "Build")[:-1], *execution("eight", 30, GREEN, "Build")[:-1]],
        Condition.QUEUED, **AWS, look=19 * HOUR, flying=(("eight", RUNNING, False), ("seven", RUNNING, False)),
    ),
    Case(
        "21 change requests only",
        [*run(7, 0, RED, **CHANGE, branch="one", change_request="41"), *run(8, 9, **CHANGE, change_request="42")],
        IDLE,
    ),
    Case("22 a fork's main fails", [*SEVEN_GREEN, *run(8, 30, RED, **FORK)], PASSING, **GREEN_SINCE),
    Case(
        "22 a fork's main fails, which one of its events does not tell",
        [*SEVEN_GREEN, *run(8, 30, RED, **FORK), told(8, RUNNING, 30, origin=None, branch="main")], PASSING,
        **GREEN_SINCE,
    ),
    Case(
        "23 tags only", run(7, 0, RED, **TAG), FAILING, number="7", since=end_of(0), stage="deploy production",
        first_red="7",
    ),
    Case("23 tags beside the default branch", [*run(6, -30), *run(7, 0, RED, **TAG)], PASSING, number="6",
         since=end_of(-30)),
    Case("24 another branch only", run(7, 0, RED, branch="topic"), IDLE),
    Case(
        "25 renamed, broken and mended",
        [
            *SEVEN_FAILED, *run(8, 30, RED, ref=RENAMED), *quiet(9, 40, RED),
            replace(quiet(9, 40, RED)[0], pipeline=BROKEN), *run(10, 50, ref=RENAMED),
        ],
        PASSING, number="10", since=end_of(50),
    ),
    Case(
        "27 a job that may fail did",
        [*run(7, 0, RED, "build", "lint")[:-1], job(7, "lint", RED, 3, allowed_to_fail=True), told(7, GREEN, 4)],
        PASSING, number="7", since=at(4),
    ),
    Case("28 a job failed, the run goes on", [*run(7, 0, RED, "build", "lint")[:-1], job(7, "test", RUNNING, 2)],
         Condition.RUNNING, look=4, flying=(("7", RUNNING, False),)),
    Case(
        "28 and ends red", run(7, 0, RED, "build", "lint"), FAILING, look=4, number="7", since=end_of(0, 2),
        stage="lint", first_red="7",
    ),
    Case("29 the first of all runs", run(7, 0, None), Condition.RUNNING, look=1, flying=(("7", RUNNING, False),)),
    Case(
        "30 the default branch was renamed",
        [*SEVEN_FAILED, *run(8, 30, RED, branch="trunk", ref=TRUNK), *run(9, 60, branch="main", ref=TRUNK)],
        FAILING, number="8", since=FAILED_SINCE, stage="deploy production", first_red="7",
    ),
]  # fmt: skip
