"""What runs in a process: daphne, Celery, the supervisor, regular work."""
