// Which layer of a video to ask for, given how large it is shown. Pure.

import type { Source } from "../signal/shapes.js";

/** Width and height in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** What to ask the server for: nothing, or at most one spatial layer (0 the smallest). */
export type Subscription = { paused: true } | { paused: false; spatialLayer: number };

/** How much a video matters to who looks at it, where their connection doesn't carry everything. */
export interface Importance {
  /** The large one: pinned, speaking, or a shared screen. */
  onStage: boolean;
  /** From 0 to 100; of those that are not on the stage, the higher ones come first. */
  priority: number;
}

export const ORDINARY: Importance = { onStage: false, priority: 0 };

/** What a camera is taken to capture where nothing is known. */
export const ASSUMED_CAPTURE: Size = { width: 1280, height: 720 };
const ASSUMED_SMALL_CAPTURE: Size = { width: 640, height: 360 };
const ASSUMED_SCREEN: Size = { width: 1920, height: 1080 };
/** What a video is taken to be shown at before the page has said anything: enough for most, cheap for all. */
export const ASSUMED_SHOWN: Size = { width: 640, height: 360 };
/** A picture stretched by this much is as good as one that fits. */
const STRETCH = 1.1;

/** The size of spatial layer `layer` of `layers` (each has half the width of the next). */
export function layerSize(capture: Size, layer: number, layers: number): Size {
  const scale = 2 ** (layers - 1 - layer);
  return { width: capture.width / scale, height: capture.height / scale };
}

/**
 * What the other side captures: nobody tells, but how many layers it is worth does (`encodings.ts`), and of what is
 * received the shape counts, not the size: that changes with the layer, a while after the server has said so.
 */
export function assumedCapture(source: Source, layers: number, received: Partial<Size>): Size {
  const { width, height } =
    source === "screen" ? ASSUMED_SCREEN : layers > 2 ? ASSUMED_CAPTURE : ASSUMED_SMALL_CAPTURE;
  const shape = (received.width ?? 0) / (received.height || 1);
  if (shape < 0.1 || shape > 10) {
    return { width, height };
  }
  const scaled = Math.sqrt(width * height * shape);
  return { width: scaled, height: scaled / shape };
}

/**
 * The smallest layer that fills `shown` (device pixels). A camera covers its tile, so its larger stretch counts; a
 * screen is shown whole (`contain`), so the smaller one does. Null means that it is not visible.
 */
export function subscriptionFor(
  shown: Size | null,
  capture: Size,
  layers: number,
  fit: "cover" | "contain",
): Subscription {
  if (shown === null || shown.width < 1 || shown.height < 1) {
    return { paused: true };
  }
  for (let layer = 0; layer < layers - 1; layer++) {
    const size = layerSize(capture, layer, layers);
    const stretches = [shown.width / size.width, shown.height / size.height];
    const stretch = fit === "cover" ? Math.max(...stretches) : Math.min(...stretches);
    if (stretch <= STRETCH) {
      return { paused: false, spatialLayer: layer };
    }
  }
  return { paused: false, spatialLayer: Math.max(0, layers - 1) };
}
