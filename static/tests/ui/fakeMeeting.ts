// A meeting without a server: people are drawn on canvases, and every call changes the state at once.

import { signal } from "@preact/signals";
import { Emitter } from "meet-client/room/emitter";
import { RequestRefused } from "meet-client/signal/failures";
import { type ChatMessage, SWITCHABLES, type Switchable } from "meet-client/signal/shapes";
import type {
  Channel,
  Device,
  Handover,
  LocalSource,
  Meeting,
  MeetingState,
  Peer,
  RemoteTrack,
  RoomEvents,
} from "../../src/store/types";

const NAMES = [
  "Ada Lovelace",
  "Grace Hopper",
  "王小明",
  "Nikolai Rimsky-Korsakov von und zu Hohenstein",
  "José García",
  "Zoë",
  "Łukasz Wiśniewski",
  "Amina Yusuf",
  "Björk",
  "O'Neill",
];

const LOGO =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><rect width="120" height="40" rx="6" fill="#235"/>' +
      '<circle cx="20" cy="20" r="11" fill="#fc6"/><rect x="42" y="14" width="64" height="12" fill="#fff"/></svg>',
  );

const QUALITIES = ["good", "good", "poor", "good", "fair"] as const;
const OFF: LocalSource = { status: "off", stream: null, error: null };

function canvasStream(hue: number, width = 640, height = 360, text = ""): MediaStream {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  const draw = () => {
    if (!pen) return;
    pen.fillStyle = `hsl(${hue} 25% 62%)`;
    pen.fillRect(0, 0, width, height);
    pen.fillStyle = `hsl(${hue} 30% 30%)`;
    pen.beginPath();
    pen.arc(width / 2, height * 0.42, height * 0.17, 0, 7);
    pen.ellipse(width / 2, height * 1.02, height * 0.36, height * 0.4, 0, 0, 7);
    pen.fill();
    if (!text) return;
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, width, height);
    pen.fillStyle = "#223";
    pen.font = `${height / 14}px sans-serif`;
    for (let line = 0; line < 10; line += 1)
      pen.fillText(`${text} ${line}`, 40, (line + 1.5) * (height / 12));
  };
  draw();
  setInterval(draw, 500);
  return canvas.captureStream(5);
}

/** A few pictures for everybody: a hundred canvases would be slower than a meeting. */
const faces = new Map<number, MediaStream>();

function face(index: number): MediaStream {
  const hue = ((index % 6) * 67) % 360;
  const stream = faces.get(hue) ?? canvasStream(hue);
  faces.set(hue, stream);
  return stream;
}

function remote(
  source: RemoteTrack["source"],
  id: string,
  stream: MediaStream | null,
  paused = false,
): RemoteTrack {
  const kind = source === "mic" || source === "screenAudio" ? "audio" : "video";
  return {
    producerId: `${source}-${id}`,
    consumerId: `c-${source}-${id}`,
    kind,
    source,
    language: "",
    paused,
    stream,
    spatialLayer: 0,
    exceedsLink: false,
    serverBusy: false,
  };
}

function fakePeer(index: number, { screens, states }: Pick<FakeOptions, "screens" | "states">): Peer {
  const id = `peer-${index}`;
  const peer: Peer = {
    id,
    displayName: NAMES[index % NAMES.length] ?? id,
    joinedAt: index,
    role: states && index === 1 ? "moderator" : "participant",
    language: "",
    handRaisedAt: states && index % 5 === 3 ? 1000 - index : null,
    absent: states && index % 6 === 4,
    overrides: { mic: states && index === 2 ? false : null, camera: null, screen: null },
    quality: states ? (QUALITIES[index % 5] ?? "good") : "unknown",
    tracks: {},
  };
  if (index % 3 !== 2) peer.tracks.camera = remote("camera", id, face(index));
  peer.tracks.mic = remote("mic", id, new MediaStream(), index % 2 === 1);
  if (index < screens)
    peer.tracks.screen = remote("screen", id, canvasStream(0, 1280, 800, "Quarterly plan, item"));
  return peer;
}

const LANGUAGE_NAMES: Record<string, string> = {
  de: "Deutsch",
  en: "English",
  es: "Español",
  fr: "Français",
  lb: "Lëtzebuergesch",
  nl: "Nederlands",
  pt: "Português",
  sv: "Svenska",
  uk: "Українська",
  zh: "中文",
};

/** Interpreters as `de:2,fr:1,uk:0` wants them: so many into each language; the first into each but French is live. */
function fakeInterpreters(languages: string): { channels: Channel[]; interpreters: Peer[] } {
  const interpreters: Peer[] = [];
  const channels = languages
    .split(",")
    .filter(Boolean)
    .map((wanted): Channel => {
      const [tag = "", count = "1"] = wanted.split(":");
      const ids = Array.from({ length: Number(count) }, (_, index) => {
        const id = `interpreter-${tag}-${index}`;
        const mic = { ...remote("mic", id, new MediaStream(), tag === "fr" || index > 0), language: tag };
        const displayName = NAMES[(interpreters.length * 3 + 5) % NAMES.length] ?? id;
        const base = fakePeer(index, { screens: 0, states: false });
        interpreters.push({ ...base, id, displayName, role: "interpreter", language: tag, tracks: { mic } });
        return id;
      });
      const expiresAt = ids.length === 0 ? Date.now() + 20_000 : null;
      return { tag, name: LANGUAGE_NAMES[tag] ?? tag, interpreters: ids, expiresAt };
    });
  return { channels, interpreters };
}

function fakeHandover(wanted: string): Handover | null {
  if (!wanted) return null;
  const [, giver = "", taker = "", left] = /^(.*)>([^:]*):?(\d+)?$/.exec(wanted) ?? [];
  const dueAt = left === undefined ? null : Date.now() + Number(left) * 1000;
  return { giver, taker, seconds: 10, expiresAt: Date.now() + 60_000, dueAt };
}

const device = (id: string, label: string): Device => ({ id, label });

export interface FakeOptions {
  phase: MeetingState["phase"];
  interface: MeetingState["interface"];
  others: number;
  screens: number;
  ownScreen: boolean;
  closedCode: string;
  nameFixed: boolean;
  mediaError: LocalSource["error"];
  cameraOff: boolean;
  notices: number;
  /** Hands, absence, weak connections and a moderator among the others. */
  states: boolean;
  viewer: boolean;
  viewers: number;
  moderator: boolean;
  /** People at the door, and viewers with a hand up. */
  waiting: number;
  viewerHands: number;
  /** People who were removed. */
  kicked: number;
  /** What a moderator asks me to turn on, with commas between. */
  asked: string;
  /** What the room's rules forbid me and everybody, with commas between. */
  forbidden: string;
  locked: boolean;
  contact: string;
  brand: string;
  chat: number;
  hand: boolean;
  noChat: boolean;
  videoUrl: string;
  recorded: boolean;
  /** Languages with their numbers of interpreters, such as `de:2,fr`, the one I hear, and the one that I interpret into. */
  languages: string;
  listening: string;
  interpreter: string;
  interpreterProblem: MeetingState["me"]["interpreterProblem"];
  /** One such as `interpreter-de-0>me:7`: from whom to whom, and in how many seconds where it is agreed. */
  handover: string;
  micOff: boolean;
  /** Who dominates the conversation. */
  speaker: string | null;
}

const LINES = [
  "Good morning!",
  "Does everybody see the slides?",
  "Yes, fine here. The agenda is at https://example.org/agenda?day=2 (and www.example.org has the rest).",
  "Thanks",
  "One thing before we start: could whoever isn't speaking please mute? There is a bit of an echo.",
  "Done 👍",
  "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
  "First line\nSecond line\n  indented",
  "<b>not bold</b> & javascript:alert(1)",
];

function fakeChat(count: number, peers: readonly Peer[]): ChatMessage[] {
  const start = Date.UTC(2026, 4, 12, 9, 0);
  return Array.from({ length: count }, (_, index) => {
    const author = peers[[0, 0, 1, 1, 2, 5, 2][index % 7] ?? 0];
    const mine = index % 7 === 5 || !author;
    return {
      id: index + 1,
      peerId: mine ? "me" : author.id,
      displayName: mine ? "Mary Shelley" : author.displayName,
      text: LINES[index % LINES.length] ?? "",
      at: start + index * 40_000,
    };
  });
}

/** A `Meeting` in any state that somebody wants to look at; everybody whose number divides by four speaks. */
export function fakeMeeting(options: FakeOptions): Meeting {
  const { mediaError, viewer } = options;
  const interprets = options.interpreter !== "" || options.interpreterProblem !== "";
  const mine = (stream: () => MediaStream): LocalSource =>
    viewer
      ? OFF
      : mediaError
        ? { ...OFF, error: mediaError }
        : { status: "on", stream: stream(), error: null };
  const { channels, interpreters } = fakeInterpreters(options.languages);
  const peers = [
    ...Array.from({ length: options.others }, (_, index) => fakePeer(index, options)),
    ...interpreters,
  ];
  const forbids = (device: Switchable) => options.forbidden.split(",").includes(device);
  const has = (device: Switchable) =>
    !viewer && (device === "mic" ? !options.interpreterProblem : !interprets);
  const may = (device: Switchable) => has(device) && (options.moderator || !forbids(device));
  const named = options.phase !== "welcome" || options.nameFixed;
  const state = signal<MeetingState>({
    phase: options.phase,
    roomId: "k7mfq2xvw9hd",
    interface: options.interface,
    brand: options.brand ? { name: options.brand, logoUrl: LOGO } : null,
    contact: options.contact,
    me: {
      peerId: "me",
      displayName: named ? "Mary Shelley" : "",
      nameFixed: options.nameFixed,
      role: options.moderator ? "moderator" : interprets ? "interpreter" : "participant",
      viewer,
      permissions: {
        mic: may("mic"),
        camera: may("camera"),
        screen: may("screen"),
        chat: !options.noChat,
        hand: options.hand,
        moderate: options.moderator,
        record: options.moderator,
      },
      handRaisedAt: null,
      absent: false,
      quality: options.states ? "fair" : "good",
      listening: options.listening,
      language: options.interpreter,
      interpreterProblem: options.interpreterProblem,
    },
    peers,
    viewers: options.viewers,
    viewerHands: Array.from({ length: options.viewerHands }, (_, index) => ({
      peerId: `viewer-${index}`,
      displayName: NAMES[(index + 4) % NAMES.length] ?? "",
      raisedAt: index,
    })),
    rules: {
      waitingRoom: options.waiting > 0,
      locked: options.locked,
      mic: !forbids("mic"),
      camera: !forbids("camera"),
      screen: !forbids("screen"),
    },
    asked: SWITCHABLES.filter((device) => options.asked.split(",").includes(device)).map((asked) => ({
      device: asked,
      displayName: "Grace Hopper",
    })),
    kicked: Array.from({ length: options.kicked }, (_, index) => ({
      peerId: `kicked-${index}`,
      displayName: NAMES[(index + 3) % NAMES.length] ?? "",
      at: index,
    })),
    waiting: Array.from({ length: options.waiting }, (_, index) => ({
      peerId: `door-${index}`,
      displayName: NAMES[(index + 2) % NAMES.length] ?? "",
      since: index,
    })),
    chat: fakeChat(options.chat, peers),
    videoUrl: options.videoUrl,
    recordingSince: options.recorded ? Date.now() : null,
    interpretation: { enabled: channels.length > 0, languages: channels },
    handover: fakeHandover(options.handover),
    dominantSpeaker: options.speaker,
    local: {
      mic: may("mic") && !options.micOff ? mine(() => new MediaStream()) : OFF,
      camera: !may("camera") ? OFF : options.cameraOff && !mediaError ? OFF : mine(() => canvasStream(170)),
      screen: options.ownScreen ? mine(() => canvasStream(0, 1280, 800, "My screen")) : OFF,
      screenAudio: OFF,
    },
    devices: {
      microphone: [
        device("m1", "Default – Built-in Microphone"),
        device("m2", "USB Conference Microphone (4-channel)"),
      ],
      camera:
        mediaError === "missing" ? [] : [device("c1", "FaceTime HD Camera"), device("c2", "Logitech BRIO")],
      speaker: [device("s1", "Default – Built-in Output"), device("s2", "Headphones")],
      selected: { microphone: "m1", camera: "c1", speaker: "s1" },
    },
    notices: [
      { id: 1, level: "warning" as const, key: "notice.mediaBlocked", values: {} },
      { id: 2, level: "error" as const, key: "notice.screenFailed", values: {} },
      { id: 3, level: "info" as const, key: "announce.joined", values: { name: "Ada" } },
    ].slice(0, options.notices),
    closed:
      options.phase === "closed"
        ? { code: options.closedCode, message: "The server said something of its own." }
        : null,
  });
  const change = (part: Partial<MeetingState>) => {
    state.value = { ...state.value, ...part };
  };
  const set = (source: keyof MeetingState["local"], on: boolean, stream: () => MediaStream) => {
    if (mediaError || (options.cameraOff && options.phase === "welcome")) return Promise.resolve();
    change({
      local: { ...state.value.local, [source]: on ? { status: "on", stream: stream(), error: null } : OFF },
    });
    return Promise.resolve();
  };
  const changePeer = (id: string, part: (peer: Peer) => Partial<Peer>) =>
    change({ peers: state.value.peers.map((peer) => (peer.id === id ? { ...peer, ...part(peer) } : peer)) });
  const checkModerator = () => {
    if (!options.moderator) throw new RequestRefused("notModerator", "Only moderators can do this.");
  };
  const stop = (id: string, source: Switchable) =>
    changePeer(id, ({ tracks }) => {
      const { [source]: track, ...others } = tracks;
      if (!track) return {};
      return { tracks: source === "screen" ? others : { ...tracks, [source]: { ...track, paused: true } } };
    });
  const changeRules = (part: Partial<MeetingState["rules"]>) => {
    checkModerator();
    change({ rules: { ...state.value.rules, ...part } });
  };
  const speaking = new Set(
    state.value.peers.filter((_, index) => index % 4 === 0).map((peer) => peer.tracks.mic?.stream),
  );
  const me = state.value.local.mic.stream;
  return {
    state,
    events: new Emitter<RoomEvents>(),
    join: async (displayName) => change({ phase: "joined", me: { ...state.value.me, displayName } }),
    leave: async () => change({ phase: "left", peers: [] }),
    setMic: (on) =>
      on && state.value.local.mic.stream ? Promise.resolve() : set("mic", on, () => new MediaStream()),
    setCamera: (on) =>
      on && state.value.local.camera.stream ? Promise.resolve() : set("camera", on, () => canvasStream(170)),
    setScreen: (on) => set("screen", on, () => canvasStream(0, 1280, 800, "My screen")),
    answer: async (asked) => change({ asked: state.value.asked.filter(({ device }) => device !== asked) }),
    setDisplayName: async (displayName) => change({ me: { ...state.value.me, displayName } }),
    sendChat: async (text) => {
      const { chat, me } = state.value;
      const message = { peerId: "me", displayName: me.displayName, text, at: Date.now() };
      change({ chat: [...chat, { ...message, id: (chat.at(-1)?.id ?? 0) + 1 }] });
      return true;
    },
    raiseHand: async (raised) =>
      change({ me: { ...state.value.me, handRaisedAt: raised ? Date.now() : null } }),
    chooseLanguage: async (listening) => change({ me: { ...state.value.me, listening } }),
    interpreter: {
      offerHandover: async (seconds) =>
        change({
          handover: { giver: "me", taker: "", seconds, expiresAt: Date.now() + 30_000, dueAt: null },
        }),
      requestHandover: async (seconds) =>
        change({
          handover: { giver: "", taker: "me", seconds, expiresAt: Date.now() + 30_000, dueAt: null },
        }),
      acceptHandover: async () => {
        const { handover } = state.value;
        if (handover) change({ handover: { ...handover, dueAt: Date.now() + handover.seconds * 1000 } });
      },
      cancelHandover: async () => change({ handover: null }),
    },
    setMaxBitrate: async () => {},
    moderator: {
      stopTrack: async (peerId, device) => {
        checkModerator();
        stop(peerId, device);
      },
      stopAllTracks: async (device) => {
        checkModerator();
        for (const { id } of state.value.peers) stop(id, device);
      },
      allow: async (peerId, device, allowed) => {
        checkModerator();
        changePeer(peerId, ({ overrides }) => ({ overrides: { ...overrides, [device]: allowed } }));
        if (!allowed) stop(peerId, device);
      },
      allowAll: async (device, allowed) => changeRules({ [device]: allowed }),
      askToTurnOn: async () => checkModerator(),
      lowerHand: async (peerId) => {
        checkModerator();
        changePeer(peerId, () => ({ handRaisedAt: null }));
        change({ viewerHands: state.value.viewerHands.filter((hand) => hand.peerId !== peerId) });
      },
      stopVideo: async () => {
        checkModerator();
        change({ videoUrl: "" });
      },
      lowerAllHands: async () => {
        checkModerator();
        for (const { id } of state.value.peers) changePeer(id, () => ({ handRaisedAt: null }));
        change({ viewerHands: [] });
      },
      setOnStage: async (peerId) => {
        checkModerator();
        if (!peerId.startsWith("viewer-")) throw new RequestRefused("notAllowed", "Not this one.");
        change({ viewerHands: state.value.viewerHands.filter((hand) => hand.peerId !== peerId) });
      },
      admit: async (peerId) => {
        checkModerator();
        change({ waiting: state.value.waiting.filter((each) => each.peerId !== peerId) });
      },
      admitAll: async () => {
        checkModerator();
        change({ waiting: [] });
      },
      setWaitingRoom: async (waitingRoom) => changeRules({ waitingRoom }),
      setLocked: async (locked) => changeRules({ locked }),
      kick: async (peerId) => {
        checkModerator();
        const { peers: everybody, kicked } = state.value;
        const gone = everybody.find(({ id }) => id === peerId);
        if (!gone) throw new RequestRefused("notFound", "Nobody of this id.");
        change({
          peers: everybody.filter((peer) => peer !== gone),
          kicked: [...kicked, { peerId, displayName: gone.displayName, at: Date.now() }],
        });
      },
      letBack: async (peerId) => {
        checkModerator();
        change({ kicked: state.value.kicked.filter((each) => each.peerId !== peerId) });
      },
      startRecording: async () => {
        checkModerator();
        change({ recordingSince: Date.now() });
      },
      stopRecording: async () => {
        checkModerator();
        change({ recordingSince: null });
      },
      viewers: async (words, offset) => {
        const many = Array.from({ length: state.peek().viewers }, (_, place) => ({
          peerId: `viewer-${place}`,
          displayName: `${NAMES[place % NAMES.length]}`,
          joinedAt: Date.now(),
        }));
        const all = many.filter(({ displayName }) => displayName.includes(words));
        return { viewers: all.slice(offset, offset + 50), total: all.length };
      },
      removeMessage: async (messageId) => {
        change({ chat: state.peek().chat.filter(({ id }) => id !== messageId) });
      },
      setInterpretation: async (enabled) => {
        checkModerator();
        change({ interpretation: { enabled, languages: enabled ? channels : [] } });
        if (!enabled) change({ me: { ...state.value.me, listening: "" } });
      },
      endMeeting: async () => {
        checkModerator();
        change({ phase: "closed", peers: [], closed: { code: "meetingEnded", message: "" } });
      },
    },
    chooseDevice: async (kind, id) =>
      change({
        devices: { ...state.value.devices, selected: { ...state.value.devices.selected, [kind]: id } },
      }),
    otherCamera: async () => {
      const { camera } = state.peek().devices;
      const other = camera.find(({ id }) => id !== state.peek().devices.selected.camera);
      const { devices } = state.value;
      if (other) change({ devices: { ...devices, selected: { ...devices.selected, camera: other.id } } });
      return other !== undefined;
    },
    refreshDevices: async () => {},
    show: (peerId, source, size) => {
      const seen = window as unknown as { shown: Map<string, unknown> };
      seen.shown ??= new Map();
      seen.shown.set(`${source}:${peerId}`, size);
    },
    figures: {
      up: { width: 1280, height: 720, frameRate: 24, loss: 0.06, roundTripMs: 140, limitedBy: "none" },
      down: { loss: 0.01, roundTripMs: 140 },
      tracks: new Map(),
    },
    explainQuality: async () => ({
      uploadLoss: 0.084,
      downloadLoss: 0.012,
      roundTripMs: 182,
      limitedBy: "none",
    }),
    dismissNotice: (id) => change({ notices: state.value.notices.filter((notice) => notice.id !== id) }),
    level: (stream) => (speaking.has(stream) ? () => 0.5 : stream === me ? () => 0.35 : null),
  };
}

/** Somebody else writes, for a look at what an open and a closed chat do then. */
export function say(meeting: Meeting, text: string): void {
  const state = meeting.state as unknown as { value: MeetingState };
  const { chat, peers } = state.value;
  const author = peers[0];
  if (!author) return;
  const id = (chat.at(-1)?.id ?? 0) + 1;
  const message = { id, peerId: author.id, displayName: author.displayName, text, at: Date.now() };
  state.value = { ...state.value, chat: [...chat, message] };
}
