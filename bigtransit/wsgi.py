"""The WSGI application. Event streams are handed from it to the process's hub."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

from dashboard.live.handover import with_handover

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bigtransit.settings")


class Request(WSGIRequest):
    """Django raises before any view, for a 500, where it cannot read a Content-Type (`x*=odd''y`), and decodes forms
    and queries by whatever codec one names. Here the first is no type at all, and all text is UTF-8."""

    def _set_content_type_params(self, meta: Mapping[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            self.content_type, self.content_params = "", {}


class Handler(WSGIHandler):
    request_class = Request


django.setup(set_prefix=False)
application = with_handover(Handler())
