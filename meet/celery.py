"""The Celery application: of the worker, and of whoever has work for it."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meet.settings")

app = Celery("meet")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# For tasks that are called in threads.
app.set_default()
