import { SWITCHABLES, type Switchable } from "meet-client/signal/shapes";
import type { LivePeer } from "../../wire/live";
import { bitrate, type Sending, sending } from "./figures";
import { Glyph } from "./Glyph";
import { offWords, stop } from "./orders";
import type { Act } from "./useOrders";

const SYMBOLS: Record<Switchable, { on: string; off: string }> = {
  mic: { on: "mic", off: "mic_off" },
  camera: { on: "videocam", off: "videocam_off" },
  screen: { on: "screen_share", off: "stop_screen_share" },
};
const NAMES: Record<Switchable, string> = { mic: "Microphone", camera: "Camera", screen: "Screen" };

/** What somebody sends, and a button to end each of it. */
export function Tracks({ peer, act }: { peer: LivePeer; act: Act }) {
  return (
    <ul class="live-tracks">
      {SWITCHABLES.map((device) => (
        <Track key={device} peer={peer} device={device} act={act} />
      ))}
    </ul>
  );
}

function Track({ peer, device, act }: { peer: LivePeer; device: Switchable; act: Act }) {
  const sent = sending(peer, device);
  const words = offWords(device, peer.displayName);
  return (
    <li class="live-track" data-testid={`live-${device}`} data-status={sent.status}>
      <span class="live-track-state">
        <Glyph name={sent.status === "on" ? SYMBOLS[device].on : SYMBOLS[device].off} />
        <span class="live-hidden">{NAMES[device]}: </span>
        {text(sent)}
      </span>
      {sent.status === "on" && (
        <button
          type="button"
          class="live-link"
          aria-label={words.full}
          title={words.full}
          onClick={() => act(stop(peer, device))}
        >
          {words.label}
        </button>
      )}
    </li>
  );
}

function text({ status, bps }: Sending): string {
  if (status === "on") return bitrate(bps);
  return status === "paused" ? "paused" : "off";
}
