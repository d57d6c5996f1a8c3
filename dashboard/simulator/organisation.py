"""Who is in the made-up organisation: teams, people, pipelines and what kind of life each pipeline leads. Data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Life(StrEnum):
    """What a pipeline's history looks like, and how its latest run ends."""

    HEALTHY = "healthy"
    FLAKY = "flaky"
    SLOW = "slow"
    BROKEN = "broken"
    FAILING = "failing"
    TIMED_OUT = "timed_out"
    WAITING = "waiting"
    LATE = "late"
    NO_SIGNAL = "no_signal"
    RUNNING = "running"
    QUEUED = "queued"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    RERUN = "rerun"
    ROLLBACK = "rollback"
    REDEPLOY = "redeploy"
    REQUESTS = "requests"
    YOUNG = "young"


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage of a pipeline: its jobs, how long the longest takes, and the group of stages it runs beside. `approval`:
    somebody must let it begin; of CodePipeline the stage is nothing else."""

    name: str
    seconds: int
    group: int
    jobs: tuple[str, ...] = ()
    approval: bool = False
    production: bool = False


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A pipeline. `index` is its place in the organisation; `runs` in 90 days."""

    index: int
    team: str
    name: str
    source: str
    life: Life
    stages: tuple[StagePlan, ...]
    runs: int


# Whose changes fail in production more often than they did.
TROUBLED = "Checkout"
PEOPLE = (
    "Mara Lindqvist", "Kofi Mensah", "Tomás Ferreira", "Ines Okafor", "Yuki Tanaka", "Priya Raman", "Amara Diallo",
    "Lena Hoffmann", "Dmitri Volkov", "Noor Haddad", "Sofia Rossi", "Jonas Weber", "Hana Novak", "Mateus Silva",
    "Wen Li", "Elin Berg", "Aoife Byrne", "Rafael Ortiz",
)  # fmt: skip
MESSAGES = (
    "Retry the 3DS challenge once on issuer timeout", "Merge guest carts on sign-in", "Round half-even on JPY",
    "Show duty estimate before payment", "Post ledger entries in one transaction", "Cache facet counts for 60 s",
    "Update VAT rates for 1 July", "Batch point awards hourly", "Cap stackable codes at three", "Drop the v1 envelope",
    "Fall back to postcode match without a house number", "Allow-list the new callback domain", "Dark-mode receipts",
    "Respect depot cut-off in the slot planner", "Passkey prompt on second sign-in", "Trim address whitespace",
    "Synonyms: “trainers”", "Feature flag: express pay", "Idempotency keys live for 24 h", "Log the issuer response",
    "Split address form validation", "Try the new PDF engine", "Focus ring 2 px", "Bump payments client to 4.2.0",
    "Return the basket hash on 409", "Expose tax breakdown per line", "Drop the unused coupon table",
    "Load test: 3x basket size", "Prefetch the delivery options", "Keep search filters in the address",
)  # fmt: skip

_SHORT = (StagePlan("build", 150, 0), StagePlan("test", 240, 1), StagePlan("deploy production", 90, 2, production=True))
_WEB = (
    StagePlan("build", 210, 0),
    StagePlan("unit", 180, 1, ("unit (1)", "unit (2)", "unit (3)")),
    StagePlan("browser", 420, 1, ("browser (chromium)", "browser (firefox)")),
    StagePlan("deploy staging", 110, 2),
    StagePlan("smoke", 70, 3),
    StagePlan("deploy production", 130, 4, production=True),
)
_SERVICE = (
    StagePlan("commit", 230, 0),
    StagePlan("contract", 170, 1),
    StagePlan("integration", 460, 1, ("integration (postgres)", "integration (redis)", "integration (queue)")),
    StagePlan("scan", 130, 1),
    StagePlan("staging", 150, 2),
    StagePlan("production", 190, 3, production=True),
)
_GATED = (
    StagePlan("build", 120, 0),
    StagePlan("test", 200, 1, ("test (3.12)", "test (3.13)")),
    StagePlan("deploy (staging)", 90, 2),
    StagePlan("deploy (production)", 110, 3, approval=True, production=True),
)
_LIBRARY = (StagePlan("lint", 40, 0), StagePlan("test", 200, 0, ("test (3.11)", "test (3.12)", "test (3.13)")))
_AWS = (
    StagePlan("Source", 8, 0),
    StagePlan("Build", 260, 1),
    StagePlan("Staging", 180, 2, ("Deploy", "Migrate")),
    StagePlan("Acceptance", 380, 3),
    StagePlan("Approve", 420, 4, approval=True),
    StagePlan("Production", 240, 5, ("Prod-EU", "Prod-US"), production=True),
)
_AWS_PLAIN = (
    StagePlan("Source", 8, 0),
    StagePlan("Build", 200, 1),
    StagePlan("Deploy-Staging", 140, 2),
    StagePlan("Production", 160, 3, production=True),
)
SHAPES = {
    "short": ("github", _SHORT),
    "web": ("github", _WEB),
    "service": ("github", _SERVICE),
    "library": ("github", _LIBRARY),
    "gated": ("github", _GATED),
    "aws": ("codepipeline", _AWS),
    "plain": ("codepipeline", _AWS_PLAIN),
}

# Team: pipeline, shape, life.
_TEAMS: dict[str, str] = {
    "Checkout": """cart-service web failing
        gift-card-ledger service timed_out
        checkout-api service failing
        storefront-checkout-web aws waiting
        tax-calculator service late
        loyalty-points-bridge plain no_signal
        promotions-engine service running
        address-validation short queued
        checkout-edge-config plain healthy
        order-events-consumer service healthy
        invoice-renderer web cancelled""",
    "Payments": """payment-gateway-adapter service broken
        refund-worker service healthy
        ledger aws healthy
        fraud-rules short flaky
        invoice-export plain healthy
        card-vault aws slow
        settlement-batch plain superseded
        payments-sdk library healthy""",
    "Catalog": """catalog-api service running
        price-feed short redeploy
        media-pipeline plain healthy
        facet-cache gated healthy
        product-import aws rollback
        catalog-web web flaky
        taxonomy library healthy
        stock-levels service healthy""",
    "Search": """search-api service healthy
        index-builder aws failing
        synonyms short healthy
        ranking-model plain slow
        suggest service running
        query-log short healthy""",
    "Identity": """login-web web healthy
        session-service aws waiting
        passkeys service healthy
        consent gated waiting
        directory-sync plain healthy
        token-service service rerun""",
    "Fulfilment": """slot-planner service healthy
        zone-tariffs short healthy
        label-printer plain rerun
        returns-portal web running
        carrier-gateway aws healthy
        depot-board web healthy
        route-engine service flaky""",
    "Data Platform": """events-compactor plain no_signal
        warehouse-models library running
        ingest-gateway service healthy
        feature-store aws slow
        schema-registry short healthy
        lineage short young
        notebook-images plain healthy""",
    "Mobile": """app-android web running
        app-ios web flaky
        push-gateway service healthy
        mobile-bff aws healthy
        design-tokens library requests
        crash-intake short healthy
        release-notes short young""",
}


def blueprints() -> tuple[Blueprint, ...]:
    found: list[Blueprint] = []
    for team, text in _TEAMS.items():
        for line in text.splitlines():
            name, shape, life = line.split()
            source, stages = SHAPES[shape]
            index = len(found)
            runs = 3 if life == Life.YOUNG else 60 + (index * 37) % 90
            found.append(Blueprint(index, team, name, source, Life(life), stages, runs))
    return tuple(found)


def teams() -> tuple[str, ...]:
    return tuple(_TEAMS)
