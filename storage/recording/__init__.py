"""How an event becomes state, and everything that is derived from it."""
