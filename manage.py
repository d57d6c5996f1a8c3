#!/usr/bin/env python
"""The command line of a checkout."""

from __future__ import annotations

from bigtransit.command import main

if __name__ == "__main__":
    main()
