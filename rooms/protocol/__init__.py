"""The signalling protocol: every message a browser and a room exchange, as typed structs.

Frames are JSON text over one WebSocket with the subprotocol `meet.v1`:

* request, client to server: ``{"id": 7, "method": "produce", "data": {…}}``
* response: ``{"id": 7, "ok": true, "data": {…}}`` or
  ``{"id": 7, "ok": false, "error": {"code": "notJoined", "message": "…"}}``
* notification, server to client: ``{"event": "peerJoined", "data": {…}}``

`RESPONSES` has the requests with their answers, `NOTIFICATIONS` the events; both derive from the classes. The
TypeScript types in `sdk/js/src/wire/protocol.ts` are generated from them. This package does no I/O and knows no
Django.

Being there: a client that has joined sends a frame at least every 4 seconds, a `ping` when it has nothing else to
say. One that has been silent for 9 seconds counts as lost, whatever its TCP connection looks like: the others hear
`peerLeft` with the reason `lost`, the socket is closed with code 4410, and the client may join again. (Timers of
hidden pages are slowed down: count the seconds in a worker.)

Limits: a `join` has 64 KiB at most, any other frame 16 KiB, with no text over 8 KiB, nothing nested deeper than
10 levels, and no integer beyond 2^53. Requests are answered up to 100 a second for long and 400 at once; those that
everybody in the room hears about count five times. Beyond that the socket is closed with code 4429. The same peer may
join a room 8 times at once and once in 20 seconds for long; further joins wait some seconds, then they are refused.
"""

from __future__ import annotations

from rooms.protocol.envelopes import *
from rooms.protocol.notifications import *
from rooms.protocol.requests import *
from rooms.protocol.shapes import *
