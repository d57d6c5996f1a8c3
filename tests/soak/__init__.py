"""Faults put into a real server, its store and its clients, and what must hold after each of them."""
