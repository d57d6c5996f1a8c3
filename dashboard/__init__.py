"""The Django app: webhooks in, pages, feeds and the API out."""
