"""The Django project: settings, pages, tickets and commands."""
