// How a track is encoded: layers, bit rates, codec. Pure.

import type { types } from "mediasoup-client";
import type { Source } from "../signal/shapes.js";
import type { Size } from "./layers.js";

/** What `Transport.produce` is told beside the track. */
export interface Encoding {
  encodings?: types.RtpEncodingParameters[];
  codec?: types.RtpCodecCapability;
  codecOptions: types.ProducerCodecOptions;
}

const HD_PIXELS = 1280 * 720;
const HD_BITRATE_BPS = 1_500_000;
const SCREEN_BITRATE_BPS = 2_500_000;
const SCREEN_THUMBNAIL_BITRATE_BPS = 500_000;
/** A screen narrower than this is one layer. */
const LARGE_SCREEN_WIDTH = 1200;
/** x-google-start-bitrate is in kbit/s: the first seconds are sharp, and the estimator soon knows better. */
const START_BITRATE_KBPS = 1_000;

/** A good bit rate for a camera's picture of this many pixels: 1.5 Mbit/s for 720p, a third of it per halving. */
export function cameraBitrateBps(pixels: number): number {
  return Math.round((HD_BITRATE_BPS * (pixels / HD_PIXELS) ** 0.8) / 1000) * 1000;
}

/** How many simulcast layers a capture is worth: the smallest shall have at least 135 lines. */
export function simulcastLayers(capture: Size): number {
  const lines = Math.min(capture.width, capture.height);
  return lines >= 540 ? 3 : lines >= 270 ? 2 : 1;
}

/** How to send `source` with the video codec `mimeType`; `canSvc` says whether the browser makes SVC layers. */
export function encodingFor(
  source: Source,
  capture: Size,
  mimeType: string | null,
  capabilities: types.RtpCapabilities,
  canSvc: boolean,
): Encoding {
  if (source === "mic") {
    const codecOptions = { opusStereo: false, opusFec: true, opusDtx: true, opusNack: true };
    const red = codecOf("audio/red", capabilities);
    return red === undefined ? { codecOptions } : { codecOptions, codec: red };
  }
  if (source === "screenAudio") {
    return {
      codecOptions: {
        opusStereo: true,
        opusFec: true,
        opusDtx: false,
        opusNack: true,
        opusMaxAverageBitrate: 128_000,
      },
    };
  }
  const codec = codecOf(mimeType, capabilities);
  const encodings =
    source === "camera"
      ? cameraEncodings(codec?.mimeType ?? mimeType, capture, canSvc)
      : screenEncodings(codec?.mimeType ?? mimeType, capture, canSvc);
  const encoding: Encoding = { encodings, codecOptions: { videoGoogleStartBitrate: START_BITRATE_KBPS } };
  return codec === undefined ? encoding : { ...encoding, codec };
}

/** The sender's codec with this MIME type; undefined leaves the choice to the negotiation. */
export function codecOf(
  mimeType: string | null,
  capabilities: types.RtpCapabilities,
): types.RtpCodecCapability | undefined {
  return capabilities.codecs?.find((codec) => codec.mimeType.toLowerCase() === mimeType?.toLowerCase());
}

function cameraEncodings(
  mimeType: string | null,
  capture: Size,
  canSvc: boolean,
): types.RtpEncodingParameters[] {
  const pixels = capture.width * capture.height;
  if (isLayered(mimeType)) {
    return svc(cameraBitrateBps(pixels), "L3T3_KEY", canSvc);
  }
  const layers = simulcastLayers(capture);
  return Array.from({ length: layers }, (_, layer) => {
    const scale = 2 ** (layers - 1 - layer);
    return {
      scaleResolutionDownBy: scale,
      maxBitrate: cameraBitrateBps(pixels / scale ** 2),
      scalabilityMode: temporalMode(mimeType),
    };
  });
}

function screenEncodings(
  mimeType: string | null,
  capture: Size,
  canSvc: boolean,
): types.RtpEncodingParameters[] {
  if (isLayered(mimeType)) {
    return svc(SCREEN_BITRATE_BPS, "L1T3", canSvc);
  }
  const scalabilityMode = temporalMode(mimeType);
  const full = { scaleResolutionDownBy: 1, maxBitrate: SCREEN_BITRATE_BPS, scalabilityMode };
  return capture.width < LARGE_SCREEN_WIDTH
    ? [full]
    : [{ scaleResolutionDownBy: 2, maxBitrate: SCREEN_THUMBNAIL_BITRATE_BPS, scalabilityMode }, full];
}

function svc(maxBitrate: number, mode: string, canSvc: boolean): types.RtpEncodingParameters[] {
  return canSvc ? [{ maxBitrate, scalabilityMode: mode }] : [{ maxBitrate }];
}

function isLayered(mimeType: string | null): boolean {
  return /^video\/(vp9|av1)$/i.test(mimeType ?? "");
}

/** VP8 says in each packet which temporal layer it is of; H264 does not, so there layers would be of no use. */
function temporalMode(mimeType: string | null): string {
  return /^video\/vp8$/i.test(mimeType ?? "") ? "L1T3" : "L1T1";
}
