// Generated from recording/pages/player_boot.py by `make generate`. Do not edit.

/** A video that can be watched; `pageUrl` has all about it. `sheetIndex` is WebVTT, empty where there is none. */
export interface ReadyVideo {
  embedded: boolean;
  language: string;
  login: string;
  code: "ready";
  id: number;
  name: string;
  pageUrl: string;
  durationS: number;
  hls: string;
  mp4: string;
  download: string;
  poster: string;
  sheet: string;
  sheetIndex: string;
  chapters: ListedChapter[];
}

/** A chapter as pages read it; its title is English, and what happens gives it in other languages. */
export interface ListedChapter {
  startS: number;
  endS: number;
  title: string;
  happenings: ListedHappening[];
}

/** Something that happens at a chapter's beginning, as pages read it. */
export interface ListedHappening {
  atS: number;
  kind: "join" | "leave" | "share" | "shareEnd";
  peerId: string;
  displayName: string;
}

/** A video that is not ready yet, or could not be made; how far it is, in percent, can be asked at `stateUrl`. */
export interface PendingVideo {
  embedded: boolean;
  language: string;
  login: string;
  code: "failed" | "pending";
  progress: number;
  stateUrl: string;
}

/** There is no video here for this visitor. */
export interface NothingToWatch {
  embedded: boolean;
  language: string;
  login: string;
  code: "deleted" | "expired" | "notFound";
}

/** How far a video is, for who waits for it; in percent, missing where there is nothing to watch. */
export interface VideoProgress {
  code: "deleted" | "expired" | "failed" | "notFound" | "pending" | "ready";
  progress?: number;
}

export type PlayerBoot = ReadyVideo | PendingVideo | NothingToWatch;
