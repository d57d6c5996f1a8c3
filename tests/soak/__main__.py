"""`python -m tests.soak [--short] [name ...]` puts the faults in one after the other and prints what was measured."""

from __future__ import annotations

import argparse
import signal
import sys

from tests.soak.suite import FAULTS, LONG, SHORT, Bench


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--short", action="store_true", help="as CI does")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(FAULTS)}")
    arguments = parser.parse_args()
    names = arguments.names or list(FAULTS)
    # Servers are in sessions of their own, and end with this one all the same.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    failed = 0
    titles = ("fault", "seconds", "taken", "put off", "lost", "back s", "slowest s", "sockets", "files", "MB")
    print(f"{titles[0]:<16}" + "".join(f"{title:>11}" for title in titles[1:]), flush=True)
    with Bench() as bench:
        for name in names:
            try:
                found = bench.run(name, SHORT if arguments.short else LONG)
            except AssertionError as error:
                failed += 1
                print(f"{name:<16}  FAILED: {str(error)[:2000]}", flush=True)
                continue
            was, now = found.before, found.after
            cells = (
                *(f"{found.seconds:.0f}", str(found.acknowledged), str(found.refused), "0"),
                *(f"{found.recovered:.2f}", f"{found.slowest:.2f}"),
                *(f"{was.sockets}>{now.sockets}", f"{was.files}>{now.files}"),
                f"{was.megabytes:.0f}>{now.megabytes:.0f}",
            )
            print(f"{name:<16}" + "".join(f"{cell:>11}" for cell in cells), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
