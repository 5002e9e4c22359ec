"""The web process's ASGI application: pages, admin, REST. Signalling is the node's (`rooms.asgi`)."""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

from meet.proxies import TrustedProxies
from rooms.backpressure import Backpressure

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meet.settings")

django = get_asgi_application()
application = Backpressure(TrustedProxies(django, settings.CONFIG.proxies))
