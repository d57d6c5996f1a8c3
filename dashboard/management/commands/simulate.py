"""A made-up organisation: its history in the store, and its CI tools posting to a running server."""

from __future__ import annotations

import time
import urllib.request
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from dashboard.simulator.history import EMAIL, PASSWORD, Line, lines, prepare, runs_before, write_latest
from dashboard.simulator.live import Simulation, send
from dashboard.store import get_store
from storage.store import Store


class Command(BaseCommand):
    help = (
        "With --prepare, make teams, people and connections; with --url or --local, write the runs of 90 days, latest "
        "first, and post live events until stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--prepare", action="store_true")
        parser.add_argument("--url", default="", help="of the running server, such as http://127.0.0.1:8000")
        parser.add_argument("--local", action="store_true", help="the server that listens on this machine")
        parser.add_argument("--seconds", type=float, default=0.0, help="stop after so long; 0: never")
        parser.add_argument("--speed", type=float, default=1.0, help="how many times as many runs begin")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["prepare"]:
            call_command("prepare_store", stdout=self.stdout)
            prepare(get_store(), self.stdout.write)
            if get_store().users.find_id(EMAIL):
                self.stdout.write(f"The demo is at {settings.BASE_URL}: {EMAIL}, password {PASSWORD}")
        url = settings.LOCAL_URL if options["local"] else options["url"]
        if url or not options["prepare"]:
            self._post(url or settings.BASE_URL, options["seconds"], options["speed"])

    def _write_latest(self, store: Store, wanted: Sequence[Line]) -> None:
        began = time.monotonic()
        if written := write_latest(store, wanted):
            took = time.monotonic() - began
            self.stdout.write(f"The latest {written} runs in {took:.0f} s; those of 90 days before come while it runs.")

    def _post(self, url: str, seconds: float, speed: float) -> None:
        # The server is on this machine: a proxy set for the outside would not find it.
        urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))
        store = get_store()
        wanted = lines(store)
        self._write_latest(store, wanted)
        simulation = Simulation(wanted, store.now, speed, seed=store.now())
        simulation.begin(store)
        past = runs_before(store, wanted)
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
            # Between two posts, so that what happens now is not late.
            if next(past, None) is None:
                time.sleep(simulation.wait())
