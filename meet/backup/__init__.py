"""Backups: the database, the files of the data folder and what is needed to trust both, in one archive."""
