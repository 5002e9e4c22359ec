"""The web process's ASGI application: pages, admin, REST. Signalling is the node's (`rooms.asgi`)."""

import os

from django.core.asgi import get_asgi_application

from rooms.backpressure import Backpressure

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meet.settings")

application = Backpressure(get_asgi_application())
