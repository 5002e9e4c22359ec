// mediasoup-client's handler for this browser, with gaps of its closed, and redundant audio (`redundancy.ts`).
//
// A handler reads the header extensions that a new track may use from the whole offer, into a map by id. Audio and
// video sections share ids, so whichever comes last takes them. A video track in a recycled section (the second
// screen share of a meeting) comes before the audio, and would lose mid, abs-send-time and transport-wide-cc:
// simulcast without a mid cannot be told apart by any SFU. Seen with mediasoup-client 3.24.1.
//
// Its handler for Firefox refuses new ICE servers, which come with each ICE restart: no path would ever be restarted.

import { detectDeviceAsync, type types } from "mediasoup-client";
import { Chrome74 } from "mediasoup-client/handlers/Chrome74";
import { Chrome111 } from "mediasoup-client/handlers/Chrome111";
import { Firefox120 } from "mediasoup-client/handlers/Firefox120";
import { Safari12 } from "mediasoup-client/handlers/Safari12";
import { sendingRed } from "./redundancy.js";

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

/**
 * The handler for a browser: the one that was recognised by its user agent, else the one of its engine. An app may have its
 * web view say anything; the engine's vendor stays what it is (HTML, "navigator.vendor"). Pure.
 */
export function handlerNameOf(
  recognised: types.BuiltinHandlerName | undefined,
  vendor: string,
): types.BuiltinHandlerName | undefined {
  return recognised ?? VENDORS.get(vendor);
}

const VENDORS: ReadonlyMap<string, types.BuiltinHandlerName> = new Map([
  ["Google Inc.", "Chrome111"],
  ["Apple Computer, Inc.", "Safari12"],
]);

/** The factory for `Device`; null if this browser is not known. */
export async function detectedHandler(): Promise<types.HandlerFactory | null> {
  const { navigator } = globalThis as { navigator?: { vendor?: string } };
  const name = handlerNameOf(await detectDeviceAsync(), navigator?.vendor ?? "");
  const handler = name && HANDLERS[name];
  return handler ? completed(handler.createFactory({})) : null;
}

/** `base` with the gap closed, and redundant audio. */
export function completed(base: types.HandlerFactory): types.HandlerFactory {
  return {
    ...base,
    factory: (options) =>
      sendingRed(
        takingIceServers(
          base.factory({
            ...options,
            getSendExtendedRtpCapabilities: (native) =>
              options.getSendExtendedRtpCapabilities(withSharedExtensions(native)),
          }),
        ),
      ),
  };
}

/** Where mediasoup-client's handlers keep their connection, behind a member that is not of their interface. */
interface ConnectedHandler {
  _pc?: {
    getConfiguration(): object;
    setConfiguration?(configuration: object): void;
  };
}

/**
 * `handler`, which takes new ICE servers as far as the browser does: where mediasoup-client says that it can't, its
 * connection is asked; if that can't either, the servers stay as they were, and a restart has to do with them.
 */
export function takingIceServers(handler: types.HandlerInterface): types.HandlerInterface {
  const update = handler.updateIceServers.bind(handler);
  handler.updateIceServers = async (iceServers) => {
    try {
      await update(iceServers);
    } catch (error) {
      if ((error as Error).name !== "UnsupportedError") {
        throw error;
      }
      const connection = (handler as unknown as ConnectedHandler)._pc;
      connection?.setConfiguration?.({ ...connection.getConfiguration(), iceServers });
    }
  };
  return handler;
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
