import type { types } from "mediasoup-client";
import { describe, expect, it, vi } from "vitest";
import { handlerNameOf, takingIceServers, withSharedExtensions } from "../../src/rtc/handler";

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

describe("the handler for a browser", () => {
  it("is that of its engine where an app has its web view say something else", () => {
    expect(handlerNameOf("Firefox120", "")).toBe("Firefox120");
    expect(handlerNameOf(undefined, "Apple Computer, Inc.")).toBe("Safari12");
    expect(handlerNameOf(undefined, "Google Inc.")).toBe("Chrome111");
    expect(handlerNameOf(undefined, "")).toBeUndefined();
  });
});

describe("new ICE servers", () => {
  const servers = [{ urls: "turn:turn.example.org", username: "later", credential: "secret" }];
  const unsupported = Object.assign(new Error("not supported"), { name: "UnsupportedError" });
  const handler = (fails: Error | null, members: object = {}) => {
    const updateIceServers = vi.fn(async () => {
      if (fails !== null) throw fails;
    });
    return takingIceServers({ updateIceServers, ...members } as unknown as types.HandlerInterface);
  };

  it("go to the browser's connection where mediasoup-client does not take them", async () => {
    const setConfiguration = vi.fn();
    const getConfiguration = () => ({ bundlePolicy: "max-bundle" });
    const refusing = handler(unsupported, {
      _pc: { getConfiguration, setConfiguration },
    });
    await refusing.updateIceServers(servers);
    expect(setConfiguration).toHaveBeenCalledExactlyOnceWith({
      bundlePolicy: "max-bundle",
      iceServers: servers,
    });
  });

  it("are no reason not to restart where no one takes them", async () => {
    await handler(unsupported, { _pc: {} }).updateIceServers(servers);
    await handler(null).updateIceServers(servers);
    await expect(handler(new Error("closed")).updateIceServers(servers)).rejects.toThrow("closed");
  });
});
