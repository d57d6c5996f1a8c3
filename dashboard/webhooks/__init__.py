"""Webhooks: connections that take them, verified bodies taken in, the inbox of what waits, replay."""
