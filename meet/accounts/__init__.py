"""Accounts and what they own: domains, people with roles, keys, tokens; and who may enter a room."""
