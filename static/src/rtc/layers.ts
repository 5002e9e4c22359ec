// Which layer of a video to ask for, given how large it is shown. Pure.

/** Width and height in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** What to ask the server for: nothing, or at most one spatial layer (0 the smallest). */
export type Subscription = { paused: true } | { paused: false; spatialLayer: number };

/** What a camera is taken to capture as long as nothing is known. */
export const ASSUMED_CAPTURE: Size = { width: 1280, height: 720 };
/** What a video is taken to be shown at before the page has said anything: enough for most, cheap for all. */
export const ASSUMED_SHOWN: Size = { width: 640, height: 360 };
/** A picture stretched by this much is as good as one that fits. */
const STRETCH = 1.1;

/** The size of spatial layer `layer` of `layers` (each has half the width of the next). */
export function layerSize(capture: Size, layer: number, layers: number): Size {
  const scale = 2 ** (layers - 1 - layer);
  return { width: capture.width / scale, height: capture.height / scale };
}

/** The sender's capture, from what is received of layer `layer`; the assumption while nothing is. */
export function captureOf(received: Partial<Size>, layer: number | null, layers: number): Size {
  const { width = 0, height = 0 } = received;
  if (width < 16 || height < 16 || layer === null) {
    return height > width
      ? { width: ASSUMED_CAPTURE.height, height: ASSUMED_CAPTURE.width }
      : ASSUMED_CAPTURE;
  }
  const scale = 2 ** (layers - 1 - Math.min(layer, layers - 1));
  return { width: width * scale, height: height * scale };
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
