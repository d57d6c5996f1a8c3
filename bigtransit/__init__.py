"""Wiring only: settings, addresses, the server."""
