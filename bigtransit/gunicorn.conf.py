"""gunicorn's settings: requests and answers on the worker's loop, pages on threads, event streams on its hub."""

from __future__ import annotations

import gc
import os
from typing import Any

from bigtransit import env
from bigtransit.start import find_room_for_temporary_files

find_room_for_temporary_files(env.var())
# Where workers show that they live: never on a disk, which could hold them up, if there is memory.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None  # noqa: S108
bind = env.at(env.host(), env.integer("PORT", 8000))
worker_class = "bigtransit.worker.Worker"
workers = int(os.environ.get("BIGTRANSIT_WORKERS", "") or min(4, os.cpu_count() or 2))
threads = int(os.environ.get("BIGTRANSIT_THREADS", "") or 4)
preload_app = True
wsgi_app = "bigtransit.wsgi:application"
keepalive = int(os.environ.get("BIGTRANSIT_KEEPALIVE", "") or 75)
timeout = 30
graceful_timeout = 10
max_requests = 0
control_socket_disable = True
accesslog = None
# Answers are made in memory, and sent by the loop.
sendfile = False
# Nobody may say by a header where the application is mounted.
forwarder_headers = ""
# Whom to believe is said once, by BIGTRANSIT_TRUSTED_PROXIES: dashboard.auth.forwarding.
forwarded_allow_ips = ""


def on_starting(server: Any) -> None:
    from django.conf import settings

    from bigtransit.start import refuse_what_cannot_start

    # Sockets of files and those that were handed on are no pairs.
    refuse_what_cannot_start([pair for pair in server.cfg.address if isinstance(pair, tuple)], settings.STORAGE_URL)


def when_ready(server: Any) -> None:
    """Preloaded modules live as long as the process: keep the collector from walking them again and again."""
    from django.conf import settings

    from dashboard.operations.startup import announce, warm

    warm()
    gc.collect()
    gc.freeze()
    for line in announce(settings.BASE_URL):
        server.log.info(line)


def post_worker_init(worker: Any) -> None:  # noqa: ARG001 - gunicorn names it
    from dashboard.operations.startup import start_jobs

    start_jobs()


def worker_exit(server: Any, worker: Any) -> None:  # noqa: ARG001 - gunicorn names them
    from dashboard.operations.startup import stop_jobs

    stop_jobs()
