"""The password of everybody in the tests. Needs no Django, so that processes without it can log in."""

from typing import Final

PASSWORD: Final = "correct horse battery"
