"""Parts of Django's settings: database, storage, theme, navigation."""
