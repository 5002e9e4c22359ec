"""Events of meetings, told to accounts' servers: an outbox in the database, delivered by Celery."""
