"""A made-up organisation: its history in the store, and its CI tools posting to a running server."""

from __future__ import annotations

import time
import urllib.request
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from dashboard.simulator.history import EMAIL, PASSWORD, lines, prepare
from dashboard.simulator.live import Simulation, send
from dashboard.store import get_store


class Command(BaseCommand):
    help = (
        "With --prepare, make the organisation and its history; with --url or --local, post live events until stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--prepare", action="store_true")
        parser.add_argument("--url", default="", help="of the running server, such as http://127.0.0.1:8000")
        parser.add_argument("--local", action="store_true", help="the server that listens on this machine")
        parser.add_argument("--seconds", type=float, default=0.0, help="stop after so long; 0: never")
        parser.add_argument("--speed", type=float, default=1.0, help="how many times as many runs begin")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["prepare"]:
            began = time.monotonic()
            written = prepare(get_store(), self.stdout.write)
            if written:
                self.stdout.write(f"{written} runs in {time.monotonic() - began:.0f} s.")
            if get_store().users.find_id(EMAIL):
                self.stdout.write(f"The demo is at {settings.BASE_URL}: {EMAIL}, password {PASSWORD}")
        url = settings.LOCAL_URL if options["local"] else options["url"]
        if url or not options["prepare"]:
            self._post(url or settings.BASE_URL, options["seconds"], options["speed"])

    def _post(self, url: str, seconds: float, speed: float) -> None:
        # The server is on this machine: a proxy set for the outside would not find it.
        urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))
        store = get_store()
        simulation = Simulation(lines(store), store.now, speed, seed=store.now())
        simulation.begin(store)
        began = told = time.monotonic()
        answers: Counter[int] = Counter()
        while not seconds or time.monotonic() - began < seconds:
            for line, post in simulation.due():
                answers[send(url, line, post)] += 1
            if time.monotonic() - told >= 60:
                told = time.monotonic()
                said = ", ".join(f"{count} answered {status}" for status, count in sorted(answers.items()))
                self.stdout.write(f"In the last minute: {said or 'nothing due'}")
                answers.clear()
            time.sleep(simulation.wait())
