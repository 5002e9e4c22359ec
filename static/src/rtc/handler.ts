// mediasoup-client's handler for this browser, with one gap of its closed, and redundant audio (`redundancy.ts`).
//
// A handler reads the header extensions that a new track may use from the whole offer, into a map by id. Audio and
// video sections share ids, so whichever comes last takes them. A video track in a recycled section (the second
// screen share of a meeting) comes before the audio, and would lose mid, abs-send-time and transport-wide-cc:
// simulcast without a mid cannot be told apart by any SFU. Seen with mediasoup-client 3.24.1.

import { detectDeviceAsync, type types } from "mediasoup-client";
import { Chrome74 } from "mediasoup-client/handlers/Chrome74";
import { Chrome111 } from "mediasoup-client/handlers/Chrome111";
import { Firefox120 } from "mediasoup-client/handlers/Firefox120";
import { Safari12 } from "mediasoup-client/handlers/Safari12";
import { sendingRed } from "./redundancy";

/** Extensions that every browser offers for video if it offers them for audio. */
const SHARED: ReadonlySet<string> = new Set([
  "urn:ietf:params:rtp-hdrext:sdes:mid",
  "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
  "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
]);

const HANDLERS: Partial<Record<types.BuiltinHandlerName, { createFactory: typeof Chrome111.createFactory }>> =
  {
    Chrome111,
    Chrome74,
    Firefox120,
    Safari12,
  };

/** The factory for `Device`; null if this browser is not known. */
export async function handlerFactory(): Promise<types.HandlerFactory | null> {
  const name = await detectDeviceAsync();
  const handler = name && HANDLERS[name];
  return handler ? closingTheGap(handler.createFactory({})) : null;
}

function closingTheGap(base: types.HandlerFactory): types.HandlerFactory {
  return {
    ...base,
    factory: (options) =>
      sendingRed(
        base.factory({
          ...options,
          getSendExtendedRtpCapabilities: (native) =>
            options.getSendExtendedRtpCapabilities(withSharedExtensions(native)),
        }),
      ),
  };
}

/** `native` with the shared extensions for video too, where only those for audio are left. Pure. */
export function withSharedExtensions(native: types.RtpCapabilities): types.RtpCapabilities {
  const extensions = native.headerExtensions ?? [];
  const known = new Set(extensions.filter(({ kind }) => kind === "video").map(({ uri }) => uri));
  const lost = extensions.filter(({ kind, uri }) => kind === "audio" && SHARED.has(uri) && !known.has(uri));
  return {
    ...native,
    headerExtensions: [...extensions, ...lost.map((one) => ({ ...one, kind: "video" as const }))],
  };
}
