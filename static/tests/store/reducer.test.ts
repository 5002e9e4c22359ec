import { describe, expect, it } from "vitest";
import type { Joined, PeerInfo } from "../../src/signal/protocol";
import type { EventName, Notification, Source } from "../../src/signal/types";
import { SOURCES } from "../../src/signal/types";
import type { Boot } from "../../src/store/boot";
import { initialState, reduce, type StoreState } from "../../src/store/reducer";

const BOOT: Boot = {
  roomId: "room",
  interface: "call",
  displayName: "",
  nameFixed: false,
  nameScreenDisabled: false,
  ticketUrl: "/tickets/",
  ticket: "t",
  peerId: "me",
  nodeUrl: "ws://node",
};

/** A small generator of numbers (mulberry32), so that a failure can be repeated by its seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

interface Consumer {
  id: string;
  peerId: string;
  producerId: string;
  layer: number | null;
}

/** The server's side: a room that changes at random, and tells of each change as `rooms/state.py` does. */
class Room {
  peers: PeerInfo[] = [{ id: "me", displayName: "Me", joinedAt: 1, producers: [] }];
  codec = "video/VP8";
  consumers: Consumer[] = [];
  #lastId = 0;

  constructor(readonly below: (limit: number) => number) {}

  snapshot(): Joined {
    const room = { roomId: "room", peers: structuredClone(this.peers), videoCodec: this.codec };
    return { peerId: "me", room, sendTransport: {} as never, recvTransport: {} as never };
  }

  /** What comes after a snapshot: all consumers anew. */
  consumersAnew(): Notification[] {
    return this.consumers.flatMap((consumer) => [this.#created(consumer), this.#layers(consumer)]);
  }

  change(): Notification[] {
    const peer = this.#one(this.peers);
    const producer = peer?.producers.length ? this.#one(peer.producers) : undefined;
    switch (this.below(11)) {
      case 0: {
        const joined = { id: this.#id("peer"), displayName: "New", joinedAt: ++this.#lastId, producers: [] };
        this.peers.push(joined);
        return [{ event: "peerJoined", data: { peer: structuredClone(joined) } }];
      }
      case 1:
        if (!peer || peer.id === "me") return [];
        this.peers = this.peers.filter((other) => other !== peer);
        return [
          { event: "peerLeft", data: { peerId: peer.id, reason: "lost" } },
          ...this.#closeConsumers((consumer) => consumer.peerId === peer.id),
        ];
      case 2:
        if (!peer) return [];
        peer.displayName = this.#id("name");
        return [{ event: "peerRenamed", data: { peerId: peer.id, displayName: peer.displayName } }];
      case 3:
      case 4: {
        const source = SOURCES[this.below(SOURCES.length)] as Source;
        if (!peer || peer.producers.some((other) => other.source === source)) return [];
        const kind = source === "mic" || source === "screenAudio" ? "audio" : "video";
        const added = { id: this.#id("producer"), kind, source, paused: this.below(2) === 0 } as const;
        peer.producers.push({ ...added });
        const events: Notification[] = [
          { event: "producerAdded", data: { peerId: peer.id, producer: added } },
        ];
        if (peer.id !== "me" && this.below(4) > 0) {
          const consumer = { id: this.#id("consumer"), peerId: peer.id, producerId: added.id, layer: null };
          this.consumers.push(consumer);
          events.push(this.#created(consumer));
        }
        return events;
      }
      case 5:
        if (!peer || !producer) return [];
        producer.paused = !producer.paused;
        return [
          {
            event: "producerPaused",
            data: { peerId: peer.id, producerId: producer.id, paused: producer.paused },
          },
        ];
      case 6:
        if (!peer || !producer) return [];
        peer.producers = peer.producers.filter((other) => other !== producer);
        return [
          { event: "producerRemoved", data: { peerId: peer.id, producerId: producer.id } },
          ...this.#closeConsumers((consumer) => consumer.producerId === producer.id),
        ];
      case 7:
        this.codec = ["video/VP8", "video/VP9", "video/H264"][this.below(3)] as string;
        return [{ event: "videoCodecChanged", data: { mimeType: this.codec } }];
      case 8: {
        const consumer = this.#one(this.consumers);
        if (!consumer) return [];
        consumer.layer = this.below(3) === 0 ? null : this.below(3);
        return [this.#layers(consumer)];
      }
      case 9: {
        const consumer = this.#one(this.consumers);
        return consumer && this.below(3) === 0 ? this.#closeConsumers((other) => other === consumer) : [];
      }
      default:
        return this.#one<Notification[]>([
          [{ event: "hello", data: { version: 1, routerRtpCapabilities: {} } }],
          [{ event: "closing", data: { code: "serverClosing", message: "" } }],
          [{ event: "transportFailed", data: { transportId: "t", reason: "ice" } }],
          [{ event: "dataConsumerCreated", data: { peerId: peer?.id ?? "" } as never }],
        ]) as Notification[];
    }
  }

  #created({ id, peerId, producerId }: Consumer): Notification {
    const producer = this.peers.flatMap((peer) => peer.producers).find((other) => other.id === producerId);
    return {
      event: "consumerCreated",
      data: {
        consumerId: id,
        peerId,
        producerId,
        kind: producer?.kind ?? "audio",
        source: producer?.source ?? "mic",
        type: "simple",
        producerPaused: producer?.paused ?? false,
        rtpParameters: { codecs: [] },
      },
    };
  }

  #layers({ id, layer }: Consumer): Notification {
    const layers = layer === null ? null : { spatialLayer: layer };
    return { event: "consumerLayersChanged", data: { consumerId: id, layers } };
  }

  #closeConsumers(closes: (consumer: Consumer) => boolean): Notification[] {
    const closed = this.consumers.filter(closes);
    this.consumers = this.consumers.filter((consumer) => !closes(consumer));
    return closed.map(({ id }) => ({ event: "consumerClosed", data: { consumerId: id } }));
  }

  #one<T>(list: T[]): T | undefined {
    return list[this.below(Math.max(1, list.length))];
  }

  #id(prefix: string): string {
    return `${prefix}${++this.#lastId}`;
  }
}

function fold(state: StoreState, notifications: Notification[]): StoreState {
  return notifications.reduce(
    (before, notification) => reduce(before, { type: "notified", notification }),
    state,
  );
}

/** The page as it would be had it just joined. */
function fresh(room: Room): StoreState {
  return fold(reduce(initialState(BOOT), { type: "entered", joined: room.snapshot() }), room.consumersAnew());
}

describe("the room's state", () => {
  it("is the same from an old snapshot and events as from a fresh snapshot, for every kind of event", () => {
    const seen = new Set<EventName>();
    for (let seed = 1; seed <= 60; seed++) {
      const room = new Room(random(seed));
      let state = fresh(room);
      for (let step = 0; step < 120; step++) {
        const notifications = room.change();
        for (const { event } of notifications) {
          seen.add(event);
        }
        state = fold(state, notifications);
        expect(state, `seed ${seed}, step ${step}`).toEqual(fresh(room));
      }
    }
    expect([...seen].sort()).toEqual([
      "closing",
      "consumerClosed",
      "consumerCreated",
      "consumerLayersChanged",
      "dataConsumerCreated",
      "hello",
      "peerJoined",
      "peerLeft",
      "peerRenamed",
      "producerAdded",
      "producerPaused",
      "producerRemoved",
      "transportFailed",
      "videoCodecChanged",
    ]);
  });

  it("leaves me out of the others, but takes my name from the server", () => {
    const room = new Room(random(1));
    const state = fold(fresh(room), [{ event: "peerRenamed", data: { peerId: "me", displayName: "Clean" } }]);
    expect(state.peers).toEqual([]);
    expect(state.me).toEqual({ peerId: "me", displayName: "Clean", nameFixed: false });
  });

  it("ignores what is said of peers, producers and consumers that are not there", () => {
    const before = fresh(new Room(random(1)));
    const after = fold(before, [
      { event: "peerRenamed", data: { peerId: "gone", displayName: "x" } },
      { event: "producerAdded", data: { peerId: "gone", producer: {} as never } },
      { event: "producerPaused", data: { peerId: "gone", producerId: "gone", paused: true } },
      { event: "consumerClosed", data: { consumerId: "gone" } },
      { event: "consumerLayersChanged", data: { consumerId: "gone", layers: null } },
    ]);
    expect(after).toBe(before);
  });

  it("touches nothing but the peer that an event is about", () => {
    const room = new Room(random(1));
    room.peers.push(
      { id: "a", displayName: "A", joinedAt: 2, producers: [] },
      { id: "b", displayName: "B", joinedAt: 3, producers: [] },
    );
    const before = fresh(room);
    const after = fold(before, [{ event: "peerRenamed", data: { peerId: "a", displayName: "AA" } }]);
    expect(after.peers[0]).not.toBe(before.peers[0]);
    expect(after.peers[1]).toBe(before.peers[1]);
  });
});

describe("the page's own actions", () => {
  const joined = () => {
    const room = new Room(random(1));
    const producer = { id: "p", kind: "video", source: "camera", paused: false } as const;
    room.peers.push({ id: "a", displayName: "A", joinedAt: 2, producers: [producer] });
    room.consumers.push({ id: "c", peerId: "a", producerId: "p", layer: 1 });
    return fresh(room);
  };

  it("give a consumer its stream, and take it with the consumer", () => {
    const stream = {} as MediaStream;
    const shown = reduce(joined(), { type: "streamChanged", consumerId: "c", stream });
    expect(shown.peers[0]?.tracks.camera).toMatchObject({ stream, consumerId: "c", spatialLayer: 1 });
    const closed = fold(shown, [{ event: "consumerClosed", data: { consumerId: "c" } }]);
    expect(closed.peers[0]?.tracks.camera).toMatchObject({
      stream: null,
      consumerId: null,
      spatialLayer: null,
    });
  });

  it("keep the others in sight while reconnecting, and not after the end", () => {
    const reconnecting = reduce(joined(), { type: "phaseChanged", phase: "reconnecting" });
    expect(reconnecting.peers).toHaveLength(1);
    const closed = reduce(reconnecting, { type: "closed", code: "x", message: "y" });
    expect(closed).toMatchObject({ phase: "closed", closed: { code: "x", message: "y" }, peers: [] });
    expect(reduce(closed, { type: "phaseChanged", phase: "joining" }).closed).toBeNull();
    expect(reduce(joined(), { type: "phaseChanged", phase: "left" }).peers).toEqual([]);
  });

  it("add and dismiss notices", () => {
    const notice = { id: 1, level: "info", key: "k", values: {} } as const;
    const noticed = reduce(joined(), { type: "noticed", notice });
    expect(noticed.notices).toEqual([notice]);
    expect(reduce(noticed, { type: "noticeDismissed", id: 2 }).notices).toEqual([notice]);
    expect(reduce(noticed, { type: "noticeDismissed", id: 1 }).notices).toEqual([]);
  });
});
