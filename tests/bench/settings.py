"""The real settings; only the addresses have one more view, the empty one that pages are compared with."""

from __future__ import annotations

from bigtransit.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
