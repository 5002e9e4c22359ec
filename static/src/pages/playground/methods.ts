// The methods as this page offers them: in groups, with a field for what they take.

import type { MethodName } from "../../bridge/api";

export type Argument =
  | { input: "none" }
  | { input: "flag" }
  | { input: "number"; initial: string; hint: string }
  | { input: "text"; initial: string; hint: string }
  | { input: "peer" }
  | { input: "json"; initial: string };

export interface MethodHelp {
  argument: Argument;
  help: string;
}

const NONE: Argument = { input: "none" };
const FLAG: Argument = { input: "flag" };
const PEER: Argument = { input: "peer" };

type Group = { title: string; methods: Partial<Record<MethodName, MethodHelp>> };

/** Every method is in one group: `static/tests/bridge/playground.test.ts` compares with the room's table. */
export const GROUPS: readonly Group[] = [
  {
    title: "Joining",
    methods: {
      join: {
        argument: { input: "json", initial: '{"constraints": {"video": true, "audio": true}}' },
        help: "Come in, with or without devices.",
      },
      changeDisplayName: {
        argument: { input: "text", initial: "", hint: "Name" },
        help: "Change the own name.",
      },
      setLocale: { argument: { input: "text", initial: "en", hint: "en" }, help: "Change the language." },
    },
  },
  {
    title: "Camera and microphone",
    methods: {
      enableWebcam: { argument: NONE, help: "Turn the camera on." },
      disableWebcam: { argument: NONE, help: "Turn the camera off." },
      isCameraEnabled: { argument: NONE, help: "Whether it is on." },
      enableMic: { argument: NONE, help: "Unmute the microphone." },
      disableMic: { argument: NONE, help: "Mute the microphone." },
      isMicroEnabled: { argument: NONE, help: "Whether it is on." },
      changeDevice: {
        argument: { input: "json", initial: '{"constraints": {"audio": {"label": "…"}}}' },
        help: "Use another camera or microphone. Ids differ between sites; labels don't.",
      },
      otherCamera: {
        argument: NONE,
        help: "Change to the camera that looks the other way, or the next one.",
      },
      setBitrate: {
        argument: { input: "number", initial: "500000", hint: "bits a second" },
        help: "Limit the video that is sent; from a moderator, everybody's. 0 for no limit.",
      },
    },
  },
  {
    title: "Screen sharing",
    methods: {
      enableShare: { argument: NONE, help: "Choose a screen and share it." },
      disableShare: { argument: NONE, help: "Stop sharing." },
      isShareEnabled: { argument: NONE, help: "Whether it is shared." },
    },
  },
  {
    title: "Sound",
    methods: {
      setVolume: {
        argument: { input: "number", initial: "50", hint: "0 to 100" },
        help: "How loud the others are.",
      },
      muteAudio: { argument: NONE, help: "Silence the others here." },
      unmuteAudio: { argument: NONE, help: "Hear them again." },
      playAudio: { argument: NONE, help: "Play what the browser held back." },
    },
  },
  {
    title: "Interpretation",
    methods: {
      getInterpretationLanguages: { argument: NONE, help: "The languages into which somebody interprets." },
      setInterpretationLanguage: {
        argument: { input: "text", initial: "", hint: "de; empty for the original" },
        help: "Hear one of them beside the original.",
      },
      getInterpretationLanguage: { argument: NONE, help: "The one that is heard." },
    },
  },
  {
    title: "View",
    methods: {
      setControlsVisible: { argument: FLAG, help: "Show or hide the buttons." },
      setInviteUrl: {
        argument: { input: "text", initial: "", hint: "https://…" },
        help: "What Copy invite link copies.",
      },
      setHideIndicators: { argument: FLAG, help: "Hide or show names and icons in the tiles." },
      enablePin: { argument: PEER, help: "Put somebody on the stage." },
      disablePin: { argument: NONE, help: "Clear the stage." },
      getScreenshotByPeerId: { argument: PEER, help: "What somebody's camera shows, as a PNG." },
      enableFullscreen: { argument: NONE, help: "Fill the screen." },
      disableFullscreen: { argument: NONE, help: "Leave the full screen." },
      isFullscreenEnabled: { argument: NONE, help: "Whether it is filled." },
    },
  },
  {
    title: "For moderators",
    methods: {
      disabledTrackByModerator: {
        argument: { input: "json", initial: '{"userPeerId": "…", "kind": "audio"}' },
        help: "Turn somebody's microphone or camera off.",
      },
      disableAllMics: { argument: NONE, help: "Mute everybody else." },
      disableAllCameras: { argument: NONE, help: "Turn everybody else's camera off." },
      stopVideo: { argument: NONE, help: "Stop the video that everybody watches together." },
    },
  },
];

/** A field's text as the method's data. Throws `SyntaxError` for what is no JSON. */
export function dataOf(argument: Argument, text: string): unknown {
  switch (argument.input) {
    case "none":
      return undefined;
    case "flag":
      return text === "true";
    case "number":
      return text.trim() === "" ? undefined : Number(text);
    case "json":
      return text.trim() === "" ? undefined : JSON.parse(text);
    default:
      return text;
  }
}
