"""The Server API of live rooms."""
