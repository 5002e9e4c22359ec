"""The Celery application: of the worker, and of whoever has work for it."""

import os

from celery import Celery

import meet.filequeue  # noqa: F401 - the broker `files://`

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meet.settings")

app = Celery("meet")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# For tasks that are called in threads.
app.set_default()
