"""The admin's page of live rooms."""
