"""A participant that is no browser: pymediasoup on aiortc, speaking the signalling protocol by hand.

Run as `python -m tests.e2e.other_client URL ROOM NAME`. Sends a picture and a tone, receives what others send, and
prints one JSON line a second: frames of video and of sound that were decoded so far. Ends when its input ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
import urllib.request
from fractions import Fraction
from typing import Any

import numpy as np
from aiortc import AudioStreamTrack, VideoStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame
from pymediasoup import AiortcHandler, Device
from pymediasoup.models.transport import DtlsParameters, IceCandidate, IceParameters
from pymediasoup.rtp_parameters import RtpCapabilities, RtpParameters
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PING_S = 4
SAMPLE_RATE = 48_000


class Tone(AudioStreamTrack):
    """A sine of 440 Hz instead of aiortc's silence."""

    async def recv(self) -> AudioFrame:
        silent = await super().recv()
        assert isinstance(silent, AudioFrame)
        times = (np.arange(silent.samples) + (silent.pts or 0)) / silent.sample_rate
        samples = (np.sin(2 * np.pi * 440 * times) * 12_000).astype(np.int16)
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = silent.sample_rate, silent.pts, Fraction(1, silent.sample_rate)
        return frame


class Picture(VideoStreamTrack):
    """A brightness that changes with every frame."""

    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame.from_ndarray(np.full((240, 320, 3), pts // 3000 % 256, np.uint8), format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Client:
    """One connection; answers are awaited by id, notifications handled as they come."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.device = Device(handlerFactory=AiortcHandler.createFactory())
        self.decoded = {"video": 0, "audio": 0}
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._last_id = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._consuming = asyncio.Lock()
        self._ready = asyncio.Event()

    async def request(self, method: str, **data: Any) -> Any:
        self._last_id += 1
        answer = self._answers[self._last_id] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": self._last_id, "method": method, "data": data}))
        return await asyncio.wait_for(answer, 10)

    async def listen(self) -> None:
        async for text in self.socket:
            message = json.loads(text)
            if "event" in message:
                self._start(self._handle(message["event"], message["data"]))
            elif message["ok"]:
                self._answers.pop(message["id"]).set_result(message["data"])
            else:
                self._answers.pop(message["id"]).set_exception(RuntimeError(message["error"]["message"]))

    async def enter(self, ticket: str, name: str, router_capabilities: Any) -> None:
        await self.device.load(RtpCapabilities(**router_capabilities))
        received = self.device.recvRtpCapabilities
        assert received is not None
        joined = await self.request(
            "join", ticket=ticket, displayName=name, rtpCapabilities=received.model_dump(exclude_none=True)
        )
        sending = self._transport(joined["sendTransport"], self.device.createSendTransport)
        self._receiving = self._transport(joined["recvTransport"], self.device.createRecvTransport)
        for created in joined["consumers"]:
            self._start(self._handle("consumerCreated", created))
        self._ready.set()

        @sending.on("produce")  # type: ignore[untyped-decorator]
        async def produce(kind: str, parameters: RtpParameters, _app_data: Any) -> str:
            source = "mic" if kind == "audio" else "camera"
            wire = parameters.model_dump(exclude_none=True)
            answer = await self.request("produce", kind=kind, source=source, rtpParameters=wire)
            return str(answer["producerId"])

        await sending.produce(track=Tone(), stopTracks=False)
        await sending.produce(track=Picture(), stopTracks=False)

    def _transport(self, options: Any, create: Any) -> Any:
        transport = create(
            id=options["id"],
            iceParameters=IceParameters(**options["iceParameters"]),
            iceCandidates=[IceCandidate(**candidate) for candidate in options["iceCandidates"]],
            dtlsParameters=DtlsParameters(**options["dtlsParameters"]),
            sctpParameters=None,
        )

        @transport.on("connect")  # type: ignore[untyped-decorator]
        async def connected(parameters: DtlsParameters) -> None:
            wire = parameters.model_dump(exclude_none=True)
            await self.request("connectTransport", transportId=options["id"], dtlsParameters=wire)

        return transport

    async def _handle(self, event: str, data: Any) -> None:
        if event != "consumerCreated":
            return
        await self._ready.wait()
        async with self._consuming:  # one SDP exchange at a time
            consumer = await self._receiving.consume(
                id=data["consumerId"],
                producerId=data["producerId"],
                kind=data["kind"],
                rtpParameters=RtpParameters(**data["rtpParameters"]),
            )
        await self.request("resumeConsumer", consumerId=data["consumerId"])
        self._start(self._count(consumer.track, data["kind"]))

    async def _count(self, track: Any, kind: str) -> None:
        while True:
            try:
                await track.recv()
            except MediaStreamError:
                return
            self.decoded[kind] += 1

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            task.print_stack()


async def main(url: str, room: str, name: str) -> None:
    body = json.dumps({"interface": "call", "query": f"roomId={room}&peerId=peer-{name}"}).encode()
    request = urllib.request.Request(f"{url}/tickets/", body, {"Content-Type": "application/json"})  # noqa: S310
    with await asyncio.to_thread(urllib.request.urlopen, request) as answer:
        admission = json.load(answer)
    async with connect(admission["nodeUrl"], subprotocols=[Subprotocol("meet.v1")], max_size=None) as socket:
        hello = json.loads(await socket.recv())
        client = Client(socket)
        listening = asyncio.create_task(client.listen())
        await client.enter(admission["ticket"], name, hello["data"]["routerRtpCapabilities"])
        ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        seconds = 0
        while not ended.done():
            await asyncio.sleep(1)
            seconds += 1
            if seconds % PING_S == 0:
                await client.request("ping")
            sys.stdout.write(json.dumps(client.decoded) + "\n")
            sys.stdout.flush()
        listening.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
