import { useRef, useState } from "preact/hooks";
import type { LivePeer, LiveRoom, RoomBoot, RoomState } from "../../wire/live";
import { Confirm } from "./Confirm";
import { count, duration } from "./figures";
import { Glyph } from "./Glyph";
import { Notice } from "./Notice";
import { closeRoom, lock, remove } from "./orders";
import { PersonRow } from "./PersonRow";
import { useHome } from "./useHome";
import { type Act, useOrders } from "./useOrders";
import { WaitingCard } from "./WaitingCard";
import type { Watched } from "./watch";

type Question = { close: true } | { remove: LivePeer };

interface Props {
  boot: RoomBoot;
  token: string;
  watched: Watched<RoomState>;
}

/** One live room: who is in, what they send, who waits, and what an administrator can do about it. */
export function RoomPage({ boot, token, watched }: Props) {
  const area = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const { act, said, failed } = useOrders(boot.actUrl, token, watched.refresh);
  useHome(area, heading);
  const state = watched.state.value;
  const problem = watched.problem.value;
  return (
    <div class="live-room" ref={area}>
      <a class="live-back" href={boot.roomsUrl}>
        <Glyph name="arrow_back" />
        All live rooms
      </a>
      <div class="live-head">
        <div class="live-title">
          <h2 tabIndex={-1} ref={heading}>
            {boot.room}
          </h2>
          {state?.room && <About room={state.room} now={state.now} account={boot.account} />}
        </div>
        {state?.room && <Buttons room={state.room} act={act} onClose={() => setQuestion({ close: true })} />}
      </div>
      {problem && <Notice text={problem} />}
      {failed && <Notice text={failed} />}
      <p class="live-said" role="status" data-testid="live-said">
        {said}
      </p>
      {state && !state.room && <Over />}
      {state?.room && (
        <>
          <WaitingCard waiting={state.room.waiting} now={state.now} act={act} />
          <People
            title="In the room"
            peers={state.room.peers.filter(({ viewer }) => !viewer)}
            now={state.now}
            act={act}
            onRemove={(peer) => setQuestion({ remove: peer })}
          />
          <People
            title="Viewers"
            peers={state.room.peers.filter(({ viewer }) => viewer)}
            all={state.viewers}
            now={state.now}
            act={act}
            onRemove={(peer) => setQuestion({ remove: peer })}
          />
        </>
      )}
      {question && <Ask question={question} act={act} onClose={() => setQuestion(null)} />}
    </div>
  );
}

function About({ room, now, account }: { room: LiveRoom; now: number; account: string }) {
  return (
    <p class="live-about">
      <span class="live-quiet">
        {account} · {room.node} ·{" "}
        <time dateTime={new Date(room.openedAt).toISOString()}>for {duration(now - room.openedAt)}</time>
      </span>
      {room.locked && (
        <span class="live-badge" data-tone="warn" data-testid="live-locked">
          locked
        </span>
      )}
      {room.waitingRoom && <span class="live-badge">waiting room</span>}
      {Object.entries(room.elsewhere ?? {}).map(([node, people]) => (
        <span key={node} class="live-badge" data-testid="live-elsewhere">
          {count(people, "person receives", "people receive")} from {node}
        </span>
      ))}
    </p>
  );
}

function Buttons({ room, act, onClose }: { room: LiveRoom; act: Act; onClose: () => void }) {
  return (
    <div class="live-buttons">
      <button
        type="button"
        class="live-button"
        data-testid="live-lock"
        onClick={() => act(lock(!room.locked))}
      >
        <Glyph name={room.locked ? "lock_open" : "lock"} />
        {room.locked ? "Unlock" : "Lock"}
      </button>
      <button
        type="button"
        class="live-button"
        data-variant="danger"
        data-testid="live-close"
        onClick={onClose}
      >
        <Glyph name="call_end" />
        Close room
      </button>
    </div>
  );
}

function Over() {
  return (
    <div class="live-card live-empty" data-testid="live-over">
      <Glyph name="meeting_room" />
      <strong>Nobody is in this room at the moment</strong>
      <p class="live-quiet">As soon as somebody comes in, they are shown here.</p>
    </div>
  );
}

interface PeopleProps {
  title: string;
  peers: LivePeer[];
  /** How many there are, where not all are shown. */
  all?: number;
  now: number;
  act: Act;
  onRemove: (peer: LivePeer) => void;
}

function People({ title, peers, all = peers.length, now, act, onRemove }: PeopleProps) {
  if (all === 0) return null;
  return (
    <section class="live-card live-section">
      <h3>
        {title} <span class="live-count">{all.toLocaleString("en")}</span>
      </h3>
      <ul>
        {peers.map((peer) => (
          <PersonRow key={peer.peerId} peer={peer} now={now} act={act} onRemove={() => onRemove(peer)} />
        ))}
      </ul>
      {all > peers.length && (
        <p class="live-quiet">and {count(all - peers.length, "more who is", "more who are")} not shown</p>
      )}
    </section>
  );
}

function Ask({ question, act, onClose }: { question: Question; act: Act; onClose: () => void }) {
  const closing = "close" in question;
  return (
    <Confirm
      title={closing ? "Close the room?" : `Remove ${question.remove.displayName}?`}
      text={
        closing
          ? "The meeting ends for everybody who is in or waits. The room can be used again at once."
          : "They can't come back into this meeting unless a moderator lets them."
      }
      action={closing ? "Close room" : "Remove"}
      onConfirm={() => {
        act(closing ? closeRoom() : remove(question.remove));
        onClose();
      }}
      onClose={onClose}
    />
  );
}
