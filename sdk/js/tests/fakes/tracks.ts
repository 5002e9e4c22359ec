/** A track whose end a test decides. */
export class FakeTrack extends EventTarget {
  enabled = true;
  contentHint = "";
  readyState: "live" | "ended" = "live";
  muted = false;

  constructor(
    readonly kind: "audio" | "video",
    readonly id: string,
    readonly settings: MediaTrackSettings = {},
  ) {
    super();
  }

  getSettings(): MediaTrackSettings {
    return this.settings;
  }

  stop(): void {
    this.readyState = "ended";
  }

  /** As the browser does when the system takes the device away for a while, or gives it back. */
  mute(muted: boolean): void {
    this.muted = muted;
    this.dispatchEvent(new Event(muted ? "mute" : "unmute"));
  }

  /** As the browser does when a device is pulled out. */
  end(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
}

/** `track` as the code under test takes it: with the members that it uses. */
export function asTrack(track: FakeTrack): MediaStreamTrack {
  return track as unknown as MediaStreamTrack;
}

/** A stream that knows its tracks. */
export function fakeStream(tracks: MediaStreamTrack[]): MediaStream {
  return {
    getTracks: () => tracks,
    getAudioTracks: () => tracks.filter(({ kind }) => kind === "audio"),
    getVideoTracks: () => tracks.filter(({ kind }) => kind === "video"),
  } as unknown as MediaStream;
}
