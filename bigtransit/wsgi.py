"""The WSGI application. Event streams are handed from it to the process's hub."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from dashboard.live.handover import with_handover

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bigtransit.settings")
application = with_handover(get_wsgi_application())
