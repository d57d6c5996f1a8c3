"""Entities, events, the merge and what is derived from it. Pure: no store, no keys, no documents."""
