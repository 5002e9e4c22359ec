// What the server tells the player's page (recording/pages/player.py).

export interface Happening {
  atS: number;
  kind: "join" | "share" | "leave" | "shareEnd";
  peerId: string;
  displayName: string;
}

export interface Chapter {
  startS: number;
  endS: number;
  /** In English. */
  title: string;
  happenings: Happening[];
}

interface Place {
  embedded: boolean;
  /** Empty for the browser's. */
  language: string;
  /** Where to log in; empty for who has logged in. */
  login: string;
}

interface Known {
  id: number;
  name: string;
  progress: number;
  /** Where to ask how far it is. */
  state: string;
  /** The page with all about it. */
  page: string;
  chapters: Chapter[];
}

export interface ReadyVideo extends Known {
  code: "ready";
  durationS: number;
  hls: string;
  mp4: string;
  poster: string;
  sheet: string;
  sheetIndex: string;
}

export interface PendingVideo extends Known {
  code: "pending" | "failed";
}

export type Told = ReadyVideo | PendingVideo | { code: "notFound" | "expired" | "deleted" };
export type Boot = Place & Told;
export type Code = Told["code"];
