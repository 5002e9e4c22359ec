// What of the web's platform the client uses, and no more: whatever is missing here can't be used by accident. Programs
// take these types from TypeScript's `DOM` library, or from what stands in for it.

interface MediaStreamTrack {
  readonly id: string;
  readonly kind: string;
  readonly readyState: "live" | "ended";
  readonly muted: boolean;
  enabled: boolean;
  contentHint: string;
  stop(): void;
  getSettings(): { width?: number; height?: number; deviceId?: string; facingMode?: string };
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

interface MediaStream {
  readonly id: string;
  getTracks(): MediaStreamTrack[];
  getAudioTracks(): MediaStreamTrack[];
  getVideoTracks(): MediaStreamTrack[];
}

interface RTCRtpReceiver {
  readonly track: MediaStreamTrack;
  getSynchronizationSources(): {
    readonly timestamp: number;
    readonly rtpTimestamp: number;
    audioLevel?: number;
  }[];
}

interface RTCRtpEncodingParameters {
  active?: boolean;
  maxBitrate?: number;
}

interface RTCRtpSendParameters {
  encodings: RTCRtpEncodingParameters[];
}

interface RTCRtpSender {
  getParameters(): RTCRtpSendParameters;
  setParameters(parameters: RTCRtpSendParameters): Promise<void>;
}

interface RTCStatsReport {
  // biome-ignore lint/suspicious/noExplicitAny: an entry has what its type has
  forEach(tell: (entry: any) => void): void;
}

interface AbortSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(): void;
}

declare function setTimeout(run: () => void, delayMs?: number): number;
declare function clearTimeout(timer: number): void;
