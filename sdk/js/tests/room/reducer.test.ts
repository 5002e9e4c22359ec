import { describe, expect, it } from "vitest";
import { CHAT_HISTORY, initialState, reduce, type StoreState } from "../../src/room/reducer";
import type { EventName, Notification, Source, Switchable } from "../../src/signal/shapes";
import { SOURCES, SWITCHABLES } from "../../src/signal/shapes";
import type {
  ChatMessage,
  Handover,
  Interpretation,
  Joined,
  KickedPeer,
  Me,
  PeerInfo,
  Permissions,
  Rules,
  ViewerHand,
  WaitingPeer,
} from "../../src/wire/protocol";
import { meInfo, peerInfo, roomSnapshot } from "../fakes/node";
import { WAY } from "../fakes/way";

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

/** Somebody in the model's room, with a tile or without. */
interface Person {
  info: PeerInfo;
  viewer: boolean;
}

/** What I may do: on stage, watching, and with or without a hand. */
function permissionsOf(viewer: boolean, moderate: boolean, hand: boolean): Permissions {
  return { mic: !viewer, camera: !viewer, screen: !viewer, chat: true, hand, moderate, record: false };
}

/** The server's side: a room that changes at random, and tells me of each change as `rooms/state/machine.py` does. */
class Room {
  people: Person[];
  codec = "video/VP8";
  consumers: Consumer[] = [];
  chat: ChatMessage[] = [];
  waiting: WaitingPeer[] = [];
  kicked: KickedPeer[] = [];
  rules: Rules = { waitingRoom: false, locked: false, mic: true, camera: true, screen: true };
  videoUrl = "";
  maxBitrateBps = 0;
  recordingSince: number | null = null;
  dominantSpeaker: string | null = null;
  interpretation: Required<Interpretation> = { enabled: false, languages: [] };
  listening = "";
  handover: Handover | null = null;
  hands = false;
  #lastId = 0;
  #chatCount = 0;

  /** A moderator hears of hands and knocks; an ordinary participant may be sent off the stage and back. */
  constructor(
    readonly below: (limit: number) => number,
    readonly moderator = false,
  ) {
    const role = moderator ? "moderator" : "participant";
    this.people = [{ info: peerInfo("me", { displayName: "Me", role }), viewer: false }];
  }

  add(info: PeerInfo): void {
    this.people.push({ info, viewer: false });
  }

  get me(): Person {
    return this.people.find(({ info }) => info.id === "me") as Person;
  }

  snapshot(): Joined {
    const { info, viewer } = this.me;
    const me: Me = meInfo({
      displayName: info.displayName,
      role: info.role,
      viewer,
      permissions: permissionsOf(viewer, this.moderator, this.hands),
      handRaisedAt: info.handRaisedAt ?? null,
      listening: this.listening,
      language: info.language ?? "",
    });
    const room = roomSnapshot(me, {
      peers: structuredClone(this.people.filter((person) => !person.viewer).map((person) => person.info)),
      viewers: this.#viewers,
      viewerHands: this.moderator ? this.#viewerHands() : [],
      waiting: this.moderator ? [...this.waiting] : [],
      kicked: this.moderator ? [...this.kicked] : [],
      rules: { ...this.rules },
      chat: [...this.chat],
      videoCodec: this.codec,
      videoUrl: this.videoUrl,
      maxBitrateBps: this.maxBitrateBps,
      recordingSince: this.recordingSince,
      dominantSpeaker: this.dominantSpeaker,
      interpretation: structuredClone(this.interpretation),
      handover: this.handover,
    });
    return {
      peerId: "me",
      identity: "",
      room,
      sendTransport: {} as never,
      recvTransport: {} as never,
      consumers: [],
    };
  }

  /** What comes after a snapshot: all consumers anew. */
  consumersAnew(): Notification[] {
    return this.consumers.flatMap((consumer) => [this.#created(consumer), this.#layers(consumer)]);
  }

  change(): Notification[] {
    const changes = [
      () => this.#enter(),
      () => this.#leave(),
      () => this.#rename(),
      () => this.#produce(),
      () => this.#produce(),
      () => this.#pause(),
      () => this.#unproduce(),
      () => this.#negotiate(),
      () => this.#switchLayer(),
      () => this.#loseConsumer(),
      () => this.#absence(),
      () => this.#quality(),
      () => this.#hand(),
      () => this.#hand(),
      () => this.#stage(),
      () => this.#say(),
      () => this.#wish(),
      () => this.#door(),
      () => this.#removed(),
      () => this.#rule(),
      () => this.#override(),
      () => this.#interpret(),
      () => this.#listen(),
      () => this.#handOver(),
      () => this.#noise(),
    ];
    return (this.#one(changes) as () => Notification[])();
  }

  #enter(): Notification[] {
    const id = this.#id("peer");
    const viewer = this.below(2) === 0;
    const language = this.below(4) === 0 ? "de" : "";
    const role = language ? "interpreter" : "participant";
    const joinedAt = ++this.#lastId;
    const info = peerInfo(id, { displayName: this.#id("New"), joinedAt, role, language });
    this.people.push({ info, viewer });
    return viewer ? [this.#viewersChanged()] : [this.#joined(info)];
  }

  #leave(): Notification[] {
    const person = this.#one(this.people);
    if (!person || person.info.id === "me") return [];
    const { info, viewer } = person;
    this.people = this.people.filter((other) => other !== person);
    if (viewer) {
      const hand = info.handRaisedAt === null ? [] : this.#viewersHand(info, null);
      return [this.#viewersChanged(), ...hand];
    }
    return [
      { event: "peerLeft", data: { peerId: info.id, reason: "lost" } },
      ...this.#closeConsumers((consumer) => consumer.peerId === info.id),
    ];
  }

  #rename(): Notification[] {
    const person = this.#one(this.people);
    if (!person) return [];
    const { info, viewer } = person;
    info.displayName = this.#id("name");
    const renamed: Notification = {
      event: "peerRenamed",
      data: { peerId: info.id, displayName: info.displayName },
    };
    if (!viewer) return [renamed];
    const hand = info.handRaisedAt == null ? [] : this.#handOf(person);
    return info.id === "me" ? [renamed, ...hand] : hand;
  }

  #produce(): Notification[] {
    const peer = this.#withTile();
    const source = SOURCES[this.below(SOURCES.length)] as Source;
    if (!peer || peer.producers.some((other) => other.source === source)) return [];
    const kind = source === "mic" || source === "screenAudio" ? "audio" : "video";
    const paused = this.below(2) === 0;
    const added = { id: this.#id("producer"), kind, source, paused, language: peer.language ?? "" } as const;
    peer.producers.push({ ...added });
    const events: Notification[] = [{ event: "producerAdded", data: { peerId: peer.id, producer: added } }];
    if (peer.id !== "me" && this.below(4) > 0) {
      const consumer = { id: this.#id("consumer"), peerId: peer.id, producerId: added.id, layer: null };
      this.consumers.push(consumer);
      events.push(this.#created(consumer));
    }
    return events;
  }

  #pause(): Notification[] {
    const peer = this.#withTile();
    const producer = peer && this.#one(peer.producers);
    if (!producer) return [];
    producer.paused = !producer.paused;
    const { id: producerId, paused } = producer;
    const events: Notification[] = [
      { event: "producerPaused", data: { peerId: peer.id, producerId, paused } },
    ];
    if (peer.id === "me" && paused) {
      events.push({ event: "trackStopped", data: { device: producer.kind === "audio" ? "mic" : "camera" } });
    }
    return events;
  }

  #unproduce(): Notification[] {
    const peer = this.#withTile();
    const producer = peer && this.#one(peer.producers);
    return producer ? this.#removeProducer(peer, producer.id) : [];
  }

  #negotiate(): Notification[] {
    this.codec = ["video/VP8", "video/VP9", "video/H264"][this.below(3)] as string;
    return [{ event: "videoCodecChanged", data: { mimeType: this.codec } }];
  }

  #switchLayer(): Notification[] {
    const consumer = this.#one(this.consumers);
    if (!consumer) return [];
    consumer.layer = this.below(3) === 0 ? null : this.below(3);
    return [this.#layers(consumer)];
  }

  #loseConsumer(): Notification[] {
    const consumer = this.#one(this.consumers);
    return consumer && this.below(3) === 0 ? this.#closeConsumers((other) => other === consumer) : [];
  }

  #absence(): Notification[] {
    const peer = this.#withTile();
    if (!peer) return [];
    peer.absent = !peer.absent;
    return [{ event: "absenceChanged", data: { peerId: peer.id, absent: peer.absent } }];
  }

  #quality(): Notification[] {
    const peer = this.#withTile();
    if (!peer) return [];
    const quality = (["unknown", "good", "fair", "poor"] as const)[this.below(4)] ?? "unknown";
    peer.quality = quality;
    return [{ event: "qualityChanged", data: { peerId: peer.id, quality } }];
  }

  #hand(): Notification[] {
    const person = this.#one(this.people);
    if (!person) return [];
    // Two hands may go up within one millisecond.
    person.info.handRaisedAt = person.info.handRaisedAt == null ? 1000 + this.below(20) : null;
    return this.#handOf(person);
  }

  #stage(): Notification[] {
    const person = this.#one(this.people);
    if (!person || person.info.role === "moderator") return [];
    const { info } = person;
    const events: Notification[] = [];
    this.people = this.people.filter((other) => other !== person);
    if (person.viewer) {
      person.viewer = false;
      this.people.push(person); // tiles are in the order of their appearance
      if (info.handRaisedAt != null && info.id !== "me") events.push(...this.#viewersHand(info, null));
      events.push(this.#joined(info));
    } else {
      for (const { id } of [...info.producers]) events.push(...this.#removeProducer(info, id));
      info.absent = false;
      info.quality = "unknown";
      if (info.handRaisedAt != null) {
        info.handRaisedAt = null;
        events.push(...this.#handOf(person));
      }
      person.viewer = true;
      this.people.push(person);
      events.push({ event: "peerLeft", data: { peerId: info.id, reason: "viewing" } });
    }
    events.push(this.#viewersChanged());
    return info.id === "me" ? [...events, this.#permissionsChanged()] : events;
  }

  #say(): Notification[] {
    if (this.below(4) === 0) {
      this.chat = [];
      return [{ event: "chatCleared", data: {} }];
    }
    const { info } = this.#one(this.people) as Person;
    const id = ++this.#chatCount;
    const message = { id, peerId: info.id, displayName: info.displayName, text: this.#id("text"), at: id };
    this.chat = [...this.chat, message].slice(-CHAT_HISTORY);
    return [{ event: "chatAdded", data: { message } }];
  }

  #wish(): Notification[] {
    switch (this.below(5)) {
      case 4:
        this.dominantSpeaker = this.below(3) === 0 ? null : (this.#one(this.people)?.info.id ?? null);
        return [{ event: "dominantSpeakerChanged", data: { peerId: this.dominantSpeaker } }];
      case 0:
        this.recordingSince = this.recordingSince === null ? ++this.#lastId : null;
        return [{ event: "recordingChanged", data: { since: this.recordingSince } }];
      case 1:
        this.videoUrl = this.below(2) === 0 ? "" : this.#id("https://video/");
        return [{ event: "videoUrlChanged", data: { url: this.videoUrl } }];
      case 2:
        this.maxBitrateBps = this.below(3) * 100_000;
        return [{ event: "maxBitrateChanged", data: { bitrateBps: this.maxBitrateBps } }];
      default:
        this.hands = !this.hands;
        return [this.#permissionsChanged()];
    }
  }

  #door(): Notification[] {
    if (!this.moderator) return [];
    const waiting = this.#one(this.waiting);
    if (!waiting || this.below(3) === 0) {
      const peer = { peerId: this.#id("guest"), displayName: "Guest", since: ++this.#lastId };
      this.waiting.push(peer);
      return [{ event: "knocked", data: { peer } }];
    }
    if (this.below(2) === 0) {
      const again = { ...waiting, since: ++this.#lastId };
      this.waiting = this.waiting.map((other) => (other === waiting ? again : other));
      return [{ event: "knocked", data: { peer: again } }];
    }
    this.waiting = this.waiting.filter((other) => other !== waiting);
    return [{ event: "knockEnded", data: { peerId: waiting.peerId } }];
  }

  #removed(): Notification[] {
    if (!this.moderator) return [];
    const back = this.#one(this.kicked);
    if (!back || this.below(2) === 0) {
      const peer = { peerId: this.#id("rude"), displayName: "Rude", at: ++this.#lastId };
      this.kicked.push(peer);
      return [{ event: "kicked", data: { peer } }];
    }
    this.kicked = this.kicked.filter((other) => other !== back);
    return [{ event: "kickEnded", data: { peerId: back.peerId } }];
  }

  #rule(): Notification[] {
    const rule = this.#one(["waitingRoom", "locked", ...SWITCHABLES] as const) ?? "locked";
    this.rules = { ...this.rules, [rule]: !this.rules[rule] };
    return [{ event: "rulesChanged", data: { rules: this.rules } }];
  }

  #override(): Notification[] {
    const peer = this.#withTile();
    if (!peer) return [];
    const device = this.#one([...SWITCHABLES]) ?? "mic";
    peer.overrides = { ...peer.overrides, [device]: this.#one([true, false, null]) ?? null };
    return [{ event: "overridesChanged", data: { peerId: peer.id, overrides: peer.overrides } }];
  }

  #interpret(): Notification[] {
    const { enabled, languages } = this.interpretation;
    const tag = ["de", "fr", "uk"][this.below(3)] as string;
    const others = languages.filter((language) => language.tag !== tag);
    const interpreters = this.below(2) === 0 ? [] : ["me"];
    const expiresAt = interpreters.length === 0 ? 1000 : null;
    this.interpretation = {
      enabled: this.below(4) === 0 ? !enabled : enabled,
      languages: this.below(2) === 0 ? others : [...others, { tag, name: tag, interpreters, expiresAt }],
    };
    const interpretation = structuredClone(this.interpretation);
    return [{ event: "interpretationChanged", data: { interpretation } }];
  }

  #listen(): Notification[] {
    this.listening = ["", "de", "fr"][this.below(3)] as string;
    return [{ event: "listeningChanged", data: { language: this.listening, reason: "chosen" } }];
  }

  #handOver(): Notification[] {
    if (this.handover !== null && this.below(2) === 0) {
      this.handover = null;
      return [{ event: "handoverDue", data: { giver: "a", taker: "b" } }];
    }
    const offer = { giver: "a", taker: "", seconds: 10, expiresAt: 1 };
    const accepted = { ...offer, taker: "b", dueAt: 2 };
    this.handover = [null, offer, accepted][this.below(3)] ?? null;
    return [{ event: "handoverChanged", data: { handover: this.handover } }];
  }

  #noise(): Notification[] {
    return this.#one<Notification[]>([
      [{ event: "hello", data: { version: 1, routerRtpCapabilities: {} } }],
      [{ event: "closing", data: { code: "serverClosing", message: "" } }],
      [{ event: "transportFailed", data: { transportId: "t", reason: "ice" } }],
      [{ event: "dataConsumerCreated", data: { peerId: "me" } as never }],
    ]) as Notification[];
  }

  get #viewers(): number {
    return this.people.filter(({ viewer }) => viewer).length;
  }

  #viewerHands(): ViewerHand[] {
    return this.people
      .filter(({ viewer, info }) => viewer && info.handRaisedAt != null)
      .map(({ info: { id, displayName, handRaisedAt } }) => ({
        peerId: id,
        displayName,
        raisedAt: handRaisedAt as number,
      }));
  }

  #viewersChanged(): Notification {
    return { event: "viewersChanged", data: { count: this.#viewers } };
  }

  #permissionsChanged(): Notification {
    const { viewer } = this.me;
    return {
      event: "permissionsChanged",
      data: { permissions: permissionsOf(viewer, this.moderator, this.hands), viewer },
    };
  }

  #joined(info: PeerInfo): Notification {
    return { event: "peerJoined", data: { peer: structuredClone(info) } };
  }

  /** Of a viewer's hand only moderators hear, and whoever raised it. */
  #handOf({ info, viewer }: Person): Notification[] {
    if (viewer) return this.#viewersHand(info, info.handRaisedAt ?? null);
    const { id: peerId, displayName, handRaisedAt: raisedAt = null } = info;
    return [{ event: "handChanged", data: { peerId, displayName, viewer, raisedAt } }];
  }

  #viewersHand({ id: peerId, displayName }: PeerInfo, raisedAt: number | null): Notification[] {
    if (!this.moderator && peerId !== "me") return [];
    return [{ event: "handChanged", data: { peerId, displayName, viewer: true, raisedAt } }];
  }

  #withTile(): PeerInfo | undefined {
    return this.#one(this.people.filter(({ viewer }) => !viewer))?.info;
  }

  #removeProducer(peer: PeerInfo, producerId: string): Notification[] {
    peer.producers = peer.producers.filter(({ id }) => id !== producerId);
    return [
      { event: "producerRemoved", data: { peerId: peer.id, producerId } },
      ...this.#closeConsumers((consumer) => consumer.producerId === producerId),
    ];
  }

  #created({ id, peerId, producerId }: Consumer): Notification {
    const producers = this.people.flatMap(({ info }) => info.producers);
    const producer = producers.find((other) => other.id === producerId);
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
  return fold(reduce(initialState(WAY), { type: "entered", joined: room.snapshot() }), room.consumersAnew());
}

describe("the room's state", () => {
  it("is the same from an old snapshot and events as from a fresh snapshot, for every kind of event", () => {
    const seen = new Set<EventName>();
    for (let seed = 1; seed <= 24; seed++) {
      const room = new Room(random(seed), seed % 2 === 0);
      let state = fresh(room);
      for (let step = 0; step < 150; step++) {
        const notifications = room.change();
        for (const { event } of notifications) {
          seen.add(event);
        }
        state = fold(state, notifications);
        expect(state, `seed ${seed}, step ${step}`).toEqual(fresh(room));
      }
    }
    expect([...seen].sort()).toEqual([
      "absenceChanged",
      "chatAdded",
      "chatCleared",
      "closing",
      "consumerClosed",
      "consumerCreated",
      "consumerLayersChanged",
      "dataConsumerCreated",
      "dominantSpeakerChanged",
      "handChanged",
      "handoverChanged",
      "handoverDue",
      "hello",
      "interpretationChanged",
      "kickEnded",
      "kicked",
      "knockEnded",
      "knocked",
      "listeningChanged",
      "maxBitrateChanged",
      "overridesChanged",
      "peerJoined",
      "peerLeft",
      "peerRenamed",
      "permissionsChanged",
      "producerAdded",
      "producerPaused",
      "producerRemoved",
      "qualityChanged",
      "recordingChanged",
      "rulesChanged",
      "trackStopped",
      "transportFailed",
      "videoCodecChanged",
      "videoUrlChanged",
      "viewersChanged",
    ]); // and what no snapshot has: `waiting`, for those who are not in, and `askedToTurnOn`, which is for the moment
  });

  it("leaves me out of the others, but takes from the server what concerns me", () => {
    const state = fold(fresh(new Room(random(1))), [
      { event: "peerRenamed", data: { peerId: "me", displayName: "Clean" } },
      { event: "absenceChanged", data: { peerId: "me", absent: true } },
      { event: "qualityChanged", data: { peerId: "me", quality: "fair" } },
      { event: "handChanged", data: { peerId: "me", displayName: "Clean", viewer: false, raisedAt: 5 } },
    ]);
    expect(state.peers).toEqual([]);
    expect(state.me).toEqual({
      peerId: "me",
      displayName: "Clean",
      nameFixed: false,
      role: "participant",
      viewer: false,
      permissions: permissionsOf(false, false, false),
      handRaisedAt: 5,
      absent: true,
      quality: "fair",
      listening: "",
      language: "",
      interpreterProblem: "",
    });
  });

  it("gives me no tile among the others when I come on stage, and keeps me in when I go", () => {
    const { me, ...room } = fresh(new Room(random(1)));
    const viewer = { ...room, me: { ...me, viewer: true, permissions: permissionsOf(true, false, true) } };
    const permissions = permissionsOf(false, false, true);
    const onStage = fold(viewer, [
      { event: "peerJoined", data: { peer: peerInfo("me", { handRaisedAt: 7, quality: "good" }) } },
      { event: "permissionsChanged", data: { permissions, viewer: false } },
    ]);
    expect(onStage.peers).toEqual([]);
    expect(onStage.me).toMatchObject({ viewer: false, permissions, handRaisedAt: 7, quality: "good" });
    const back = fold(onStage, [{ event: "peerLeft", data: { peerId: "me", reason: "viewing" } }]);
    expect([back.phase, back.me.quality]).toEqual(["joined", "unknown"]);
  });

  it("lists viewers' hands in the order in which they were raised", () => {
    const hand = (peerId: string, raisedAt: number | null): Notification => ({
      event: "handChanged",
      data: { peerId, displayName: peerId, viewer: true, raisedAt },
    });
    const state = fold(fresh(new Room(random(1), true)), [
      hand("b", 3),
      hand("a", 3),
      hand("c", 1),
      hand("d", 2),
    ]);
    expect(state.viewerHands.map(({ peerId }) => peerId)).toEqual(["c", "d", "a", "b"]);
    const lowered = fold(state, [hand("d", null)]);
    expect(lowered.viewerHands.map(({ peerId }) => peerId)).toEqual(["c", "a", "b"]);
  });

  it("keeps no more of the chat than newcomers get", () => {
    const message = (id: number) => ({ id, peerId: "a", displayName: "A", text: "", at: id });
    const said: Notification[] = Array.from({ length: CHAT_HISTORY + 2 }, (_, index) => ({
      event: "chatAdded",
      data: { message: message(index + 1) },
    }));
    const { chat } = fold(fresh(new Room(random(1))), said);
    expect([chat.length, chat[0]?.id, chat.at(-1)?.id]).toEqual([CHAT_HISTORY, 3, CHAT_HISTORY + 2]);
  });

  it("is out of sight at the door", () => {
    const room = new Room(random(1), true);
    room.add(peerInfo("a"));
    for (let step = 0; step < 200; step++) room.change();
    const waiting = fold(fresh(room), [{ event: "waiting", data: {} }]);
    expect(waiting).toMatchObject({
      phase: "waiting",
      peers: [],
      viewers: 0,
      viewerHands: [],
      waiting: [],
      kicked: [],
      asked: [],
      rules: { waitingRoom: false, locked: false, mic: true, camera: true, screen: true },
      chat: [],
      videoUrl: "",
    });
  });

  it("ignores what is said of peers, producers and consumers that are not there", () => {
    const before = fresh(new Room(random(1)));
    const after = fold(before, [
      { event: "peerRenamed", data: { peerId: "gone", displayName: "x" } },
      { event: "absenceChanged", data: { peerId: "gone", absent: true } },
      { event: "qualityChanged", data: { peerId: "gone", quality: "poor" } },
      { event: "handChanged", data: { peerId: "gone", displayName: "x", viewer: false, raisedAt: 1 } },
      { event: "overridesChanged", data: { peerId: "gone", overrides: { mic: false } } },
      { event: "producerAdded", data: { peerId: "gone", producer: {} as never } },
      { event: "producerPaused", data: { peerId: "gone", producerId: "gone", paused: true } },
      { event: "consumerClosed", data: { consumerId: "gone" } },
      { event: "consumerLayersChanged", data: { consumerId: "gone", layers: null } },
    ]);
    expect(after).toBe(before);
  });

  it("is as before after an event that only a newer server knows", () => {
    const before = fresh(new Room(random(1)));
    const unheardOf = { event: "applauded", data: { peerId: "ada" } } as unknown as Notification;
    expect(fold(before, [unheardOf])).toBe(before);
  });

  it("touches nothing but the peer that an event is about", () => {
    const room = new Room(random(1));
    room.add(peerInfo("a"));
    room.add(peerInfo("b"));
    const before = fresh(room);
    const after = fold(before, [{ event: "peerRenamed", data: { peerId: "a", displayName: "AA" } }]);
    expect(after.peers[0]).not.toBe(before.peers[0]);
    expect(after.peers[1]).toBe(before.peers[1]);
  });
});

describe("what I am asked to turn on", () => {
  const ask = (device: Switchable, displayName = "Mona"): Notification => ({
    event: "askedToTurnOn",
    data: { device, displayName },
  });
  const asked = (...events: Notification[]) => fold(fresh(new Room(random(1))), events);
  const on = { status: "on", stream: null, error: null } as const;

  it("is kept once for each device, with the name of who asked last", () => {
    const state = asked(ask("mic"), ask("camera"), ask("mic", "Max"));
    expect(state.asked).toEqual([
      { device: "camera", displayName: "Mona" },
      { device: "mic", displayName: "Max" },
    ]);
    expect(reduce(state, { type: "answered", device: "camera" }).asked).toHaveLength(1);
  });

  it("is settled when it is on, whoever turned it on", () => {
    const started = reduce(asked(ask("mic"), ask("camera")), {
      type: "localChanged",
      source: "mic",
      local: on,
    });
    expect(started.asked.map(({ device }) => device)).toEqual(["camera"]);
    expect(fold(started, [ask("mic")]).asked).toHaveLength(1);
  });

  it("is settled when it is forbidden, and when I am out", () => {
    const permissions = { ...permissionsOf(false, false, true), mic: false };
    const state = asked(ask("mic"), ask("screen"), {
      event: "permissionsChanged",
      data: { permissions, viewer: false },
    });
    expect(state.asked.map(({ device }) => device)).toEqual(["screen"]);
    expect(reduce(state, { type: "phaseChanged", phase: "left" }).asked).toEqual([]);
  });
});

describe("a page that nobody has let in yet", () => {
  const can = (boot: Partial<typeof WAY>) => {
    const { mic, camera, screen } = initialState({ ...WAY, ...boot }).me.permissions;
    return [mic, camera, screen];
  };

  it("may try devices out unless they will be of no use", () => {
    expect(can({})).toEqual([true, true, true]);
    expect(can({ viewer: true })).toEqual([false, false, false]);
    expect(can({ role: "interpreter" })).toEqual([true, false, false]);
    expect(initialState({ ...WAY, viewer: true, role: "moderator" }).me).toMatchObject({
      viewer: true,
      role: "moderator",
    });
  });
});

describe("the page's own actions", () => {
  const joined = () => {
    const room = new Room(random(1));
    const producer = { id: "p", kind: "video", source: "camera", paused: false } as const;
    room.add(peerInfo("a", { producers: [producer] }));
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

  it("know a picture that my connection does not carry, or the server has no time for, until it is back", () => {
    const layers = { spatialLayer: 0 };
    const told = (data: { layers: typeof layers | null; exceedsLink?: boolean; serverBusy?: boolean }) =>
      fold(joined(), [{ event: "consumerLayersChanged", data: { consumerId: "c", ...data } }]).peers[0]
        ?.tracks.camera;
    expect(told({ layers: null, exceedsLink: true })).toMatchObject({
      exceedsLink: true,
      spatialLayer: null,
    });
    expect(told({ layers: null, serverBusy: true })).toMatchObject({ exceedsLink: false, serverBusy: true });
    expect(told({ layers: null })).toMatchObject({ exceedsLink: false, serverBusy: false });
    expect(told({ layers })).toMatchObject({ exceedsLink: false, spatialLayer: 0 });
  });

  it("keep the others in sight while reconnecting, and not after the end", () => {
    const reconnecting = reduce(joined(), { type: "phaseChanged", phase: "reconnecting" });
    expect(reconnecting.peers).toHaveLength(1);
    const closed = reduce(reconnecting, { type: "closed", code: "x", message: "y" });
    expect(closed).toMatchObject({ phase: "closed", closed: { code: "x", message: "y" }, peers: [] });
    const raised = fold(reconnecting, [
      { event: "handChanged", data: { peerId: "me", displayName: "Me", viewer: false, raisedAt: 1 } },
    ]);
    expect(reduce(raised, { type: "closed", code: "x", message: "y" }).me.handRaisedAt).toBeNull();
    expect(reduce(closed, { type: "phaseChanged", phase: "joining" }).closed).toBeNull();
    expect(reduce(joined(), { type: "phaseChanged", phase: "left" }).peers).toEqual([]);
  });
});
