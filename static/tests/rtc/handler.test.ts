import type { types } from "mediasoup-client";
import { describe, expect, it } from "vitest";
import { withSharedExtensions } from "../../src/rtc/handler";

const MID = "urn:ietf:params:rtp-hdrext:sdes:mid";
const TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
const LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
const RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";

const extension = (kind: types.MediaKind, uri: types.RtpHeaderExtensionUri, preferredId: number) => ({
  kind,
  uri,
  preferredId,
});

describe("header extensions of a new video track", () => {
  it("get back those that the audio after it has taken, under the same ids", () => {
    const headerExtensions = [
      extension("video", RID, 10),
      extension("audio", MID, 9),
      extension("audio", TIME, 2),
      extension("audio", LEVEL, 12),
    ];
    expect(withSharedExtensions({ codecs: [], headerExtensions })).toEqual({
      codecs: [],
      headerExtensions: [...headerExtensions, extension("video", MID, 9), extension("video", TIME, 2)],
    });
  });

  it("stay as they are where nothing is missing", () => {
    const headerExtensions = [extension("audio", MID, 4), extension("video", MID, 9)];
    expect(withSharedExtensions({ headerExtensions })).toEqual({ headerExtensions });
    expect(withSharedExtensions({}).headerExtensions).toEqual([]);
  });
});
