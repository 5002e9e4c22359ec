"""A node with a control API in a process of its own."""

from tests.rooms.conftest import node as node  # noqa: PLC0414 - a fixture
