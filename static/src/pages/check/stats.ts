// What the browser's statistics say about one connection (W3C WebRTC Statistics). Pure.

/** Of one moment. Bytes and packets since the beginning; `loss` is the last told share of what we sent. */
export interface Reading {
  atMs: number;
  bytesSent: number;
  bytesReceived: number;
  packetsReceived: number;
  packetsLost: number;
  lossUp: number | null;
  roundTripMs: number | null;
  jitterMs: number | null;
  protocol: "udp" | "tcp" | null;
  relayed: boolean;
  availableBps: number | null;
}

type Entry = Record<string, unknown> & { type: string };

/** The sum over a connection's streams. */
export function readingOf(report: Iterable<readonly [string, Entry]>, atMs: number): Reading {
  const entries = new Map(report);
  const reading: Reading = {
    atMs,
    bytesSent: 0,
    bytesReceived: 0,
    packetsReceived: 0,
    packetsLost: 0,
    lossUp: null,
    roundTripMs: null,
    jitterMs: null,
    protocol: null,
    relayed: false,
    availableBps: null,
  };
  for (const entry of entries.values()) {
    if (entry.type === "outbound-rtp") {
      reading.bytesSent += numberOf(entry.bytesSent) ?? 0;
    } else if (entry.type === "inbound-rtp") {
      reading.bytesReceived += numberOf(entry.bytesReceived) ?? 0;
      reading.packetsReceived += numberOf(entry.packetsReceived) ?? 0;
      reading.packetsLost += numberOf(entry.packetsLost) ?? 0;
      reading.jitterMs = inMs(entry.jitter) ?? reading.jitterMs;
    } else if (entry.type === "remote-inbound-rtp") {
      reading.lossUp = Math.max(numberOf(entry.fractionLost) ?? 0, reading.lossUp ?? 0);
      reading.jitterMs = inMs(entry.jitter) ?? reading.jitterMs;
    }
  }
  const pair = selectedPair(entries);
  if (pair !== undefined) {
    const local = entries.get(String(pair.localCandidateId));
    reading.roundTripMs = inMs(pair.currentRoundTripTime);
    reading.availableBps = numberOf(pair.availableOutgoingBitrate);
    reading.relayed = local?.candidateType === "relay";
    // Towards a relay: `udp`, `tcp` or `tls`, which is TCP to whoever opens a firewall.
    const way = reading.relayed ? local?.relayProtocol : local?.protocol;
    reading.protocol = way === "tcp" || way === "tls" ? "tcp" : "udp";
  }
  return reading;
}

/** Bits a second between two readings. */
export function rateBps(before: Reading, after: Reading, key: "bytesSent" | "bytesReceived"): number {
  const seconds = (after.atMs - before.atMs) / 1000;
  return seconds <= 0 ? 0 : Math.round((8 * (after[key] - before[key])) / seconds);
}

/** The share of packets that were lost between two readings; null where none were due. */
export function lossDown(before: Reading, after: Reading): number | null {
  const lost = Math.max(0, after.packetsLost - before.packetsLost);
  const due = lost + after.packetsReceived - before.packetsReceived;
  return due <= 0 ? null : lost / due;
}

function selectedPair(entries: ReadonlyMap<string, Entry>): Entry | undefined {
  const all = [...entries.values()];
  const transport = all.find(({ type }) => type === "transport");
  return (
    entries.get(String(transport?.selectedCandidatePairId)) ??
    // Firefox says it at the pair.
    all.find(
      (entry) => entry.type === "candidate-pair" && (entry.selected === true || entry.nominated === true),
    )
  );
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function inMs(seconds: unknown): number | null {
  return typeof seconds === "number" ? Math.round(seconds * 1000) : null;
}
