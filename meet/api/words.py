"""What the API's description says of the API as a whole."""

from __future__ import annotations

from typing import Final

DESCRIPTION: Final = """\
What your server can ask and do in your account's rooms. Each request says who asks, in one of two ways:

* `Authorization: APIKey …` with a permanent API token. Make one in the admin, or with `manage.py create_api_token`.
* `Authorization: Bearer …` with the access token that `/auth/jwt/login` gives for a username and password. It counts
  for 24 hours; `/auth/jwt/refresh` gives the next one.

An account may send four requests a second, unless the operator has chosen otherwise. One too many is answered with 429,
and `Retry-After` says in how many seconds to come back.

An error is a JSON object with a stable `code` for programs, a `message` for people and perhaps a `hint`. Rooms of other
accounts are as if they did not exist. Every address works with and without a slash at its end.

Keep tokens on your server: whoever has one can act for your account.
"""

TAGS: Final = [
    {"name": "Logging in", "description": "Tokens for people with a password."},
    {"name": "Rooms", "description": "Rooms in which somebody is at the moment."},
    {"name": "Participants", "description": "Tokens that let people into rooms."},
    {"name": "Chat", "description": "What was written in rooms."},
    {"name": "Recordings", "description": "Recording of rooms, and the videos that come of it."},
    {"name": "Statistics", "description": "Who was in which room, and for how long."},
    {"name": "Persons", "description": "What is kept of a person: to be told, exported and erased."},
]
