// mediasoup behind the same lines of JSON as `benchmarks.sfu_process`: `node mediasoup_process.mjs FOLDER`, where FOLDER
// has node_modules/mediasoup. One worker, one router, one UDP port on loopback as ours; it ends with its standard input.
// What it costs is the worker's process; Node's own, which only passes requests on, is told apart.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const PAGE_SIZE = 4096;
// The codecs that the benchmarks send, with our router's payload types.
const MEDIA_CODECS = [
  { kind: "audio", mimeType: "audio/opus", clockRate: 48000, channels: 2, preferredPayloadType: 111 },
  { kind: "video", mimeType: "video/VP8", clockRate: 90000, preferredPayloadType: 96 },
];
const TRANSPORT_WIDE_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
const ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
// What a receiver does not offer that reports its bandwidth in this way, as `with_feedback` of our process has it.
const UNWANTED = { "transport-cc": [], remb: [TRANSPORT_WIDE_CC], none: [TRANSPORT_WIDE_CC, ABS_SEND_TIME] };

function load(folder) {
  try {
    return createRequire(resolve(folder, "package.json"))("mediasoup");
  } catch (error) {
    console.error(`mediasoup can't be loaded from ${folder}; install it there with npm (${error.message}).`);
    process.exit(1);
  }
}

const mediasoup = load(process.argv[2] ?? ".");
const worker = await mediasoup.createWorker({ logLevel: "error" });
worker.on("died", (error) => {
  console.error(`mediasoup's worker ended: ${error.message}`);
  process.exit(1);
});
const server = await worker.createWebRtcServer({ listenInfos: [{ protocol: "udp", ip: "127.0.0.1" }] });
const router = await worker.createRouter({ mediaCodecs: MEDIA_CODECS });
const transports = new Map();

const operations = {
  async transport() {
    const transport = await router.createWebRtcTransport({ webRtcServer: server, enableUdp: true });
    transports.set(transport.id, transport);
    const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
    const candidates = iceCandidates.map(({ foundation, priority, ip, port, protocol, type }) => {
      return { foundation, priority, ip, address: ip, port, protocol, type };
    });
    return { id, iceParameters, iceCandidates: candidates, dtlsParameters };
  },
  async connect({ transport, dtls }) {
    await transports.get(transport).connect({ dtlsParameters: dtls });
  },
  async capabilities() {
    return router.rtpCapabilities;
  },
  async produce({ transport, kind, rtp }) {
    return (await transports.get(transport).produce({ kind, rtpParameters: rtp })).id;
  },
  async consume({ transport, producer, feedback = "none" }) {
    const { codecs, headerExtensions } = router.rtpCapabilities;
    const wanted = headerExtensions.filter(({ uri }) => !UNWANTED[feedback].includes(uri));
    const rtpCapabilities = { codecs, headerExtensions: wanted };
    const consumer = await transports.get(transport).consume({ producerId: producer, rtpCapabilities });
    return consumer.rtpParameters;
  },
  async usage() {
    const { ru_utime, ru_stime } = await worker.getResourceUsage();
    const { user, system } = process.cpuUsage();
    const pages = Number(readFileSync(`/proc/${worker.pid}/statm`, "ascii").split(" ")[1]);
    return {
      cpu_s: (ru_utime + ru_stime) / 1e3,
      control_cpu_s: (user + system) / 1e6,
      memory_bytes: pages * PAGE_SIZE,
    };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { op, ...request } = JSON.parse(line);
  const answer = await operations[op](request);
  process.stdout.write(`${JSON.stringify(answer ?? null)}\n`);
}
worker.close();
