import type { Quality } from "meet-client/signal/shapes";
import type { LivePeer } from "../../wire/live";
import { duration } from "./figures";
import { Glyph } from "./Glyph";
import { Tracks } from "./Tracks";
import type { Act } from "./useOrders";

const QUALITIES: Record<Quality, string> = { unknown: "not known", good: "good", fair: "fair", poor: "poor" };

interface Props {
  peer: LivePeer;
  now: number;
  act: Act;
  onRemove: () => void;
}

/** Somebody who is in. */
export function PersonRow({ peer, now, act, onRemove }: Props) {
  return (
    <li
      class="live-person"
      data-testid="live-person"
      data-peer-id={peer.peerId}
      data-viewer={peer.viewer || undefined}
      data-home
      tabIndex={-1}
    >
      <div class="live-who">
        <span class="live-name">
          <strong dir="auto">{peer.displayName}</strong>
          {peer.role !== "participant" && <span class="live-badge">{peer.role}</span>}
          {peer.handRaised && (
            <span class="live-badge" data-tone="warn">
              hand up
            </span>
          )}
        </span>
        <time class="live-quiet" dateTime={new Date(peer.joinedAt).toISOString()}>
          for {duration(now - peer.joinedAt)}
        </time>
      </div>
      {!peer.viewer && <Tracks peer={peer} act={act} />}
      {!peer.viewer && (
        <span
          class="live-quality"
          data-quality={peer.quality}
          title={`Connection: ${QUALITIES[peer.quality]}`}
        >
          <Glyph name="network_cell" />
          <span class="live-hidden">Connection: </span>
          {QUALITIES[peer.quality]}
        </span>
      )}
      <button
        type="button"
        class="live-button live-remove"
        aria-label={`Remove ${peer.displayName}`}
        onClick={onRemove}
      >
        Remove
      </button>
    </li>
  );
}
