"""Asking the tools' own APIs for what their webhooks do not tell. Nothing here writes to the store, and to a tool only
hooks that somebody asked for."""
