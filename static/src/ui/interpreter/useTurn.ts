import { interpretersOf, isLive } from "meet-client/room/interpretation";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Handover, Meeting } from "../../store/types";
import { useMeeting } from "../context";
import { notify } from "../localNotices";
import {
  canCancel,
  deadlineOf,
  endOf,
  HANDOVER_S,
  secondsLeft,
  stepOf,
  type Turn,
  turnOf,
} from "../logic/handover";

const TICK_MS = 200;

export interface TurnView {
  turn: Turn;
  /** Until it is carried out; null while nothing is agreed. */
  left: number | null;
  /** Of how many. */
  seconds: number;
  /** Who speaks until then and who afterwards, where that is not me; empty for who is not found yet. */
  giver: string;
  taker: string;
  /** Offer, ask or accept, as it is my turn to. */
  step(): void;
  cancel(): void;
}

/** The handover of my language: where I stand, and how long it is. `onGiven` is called when I have handed over. */
export function useTurn(onGiven: () => void): TurnView {
  const meeting = useMeeting();
  const { handover, peers, me } = meeting.state.value;
  const { left, cancelled } = useCourse(handover, onGiven);
  const turn = turnNow(meeting);
  const nameOf = (id: string) => peers.find((peer) => peer.id === id)?.displayName ?? "";
  return {
    turn,
    left,
    seconds: handover?.seconds ?? HANDOVER_S,
    giver: handover && handover.giver !== me.peerId ? nameOf(handover.giver) : "",
    taker: handover && handover.taker !== me.peerId ? nameOf(handover.taker) : "",
    step: () => takeStep(meeting),
    cancel: () => {
      if (!canCancel(turnNow(meeting))) return;
      cancelled();
      void meeting.interpreter.cancelHandover();
    },
  };
}

function turnNow({ state }: Meeting): Turn {
  const { handover, me, local } = state.value;
  const partners = interpretersOf(state.value, me.language);
  return turnOf(handover, {
    me: me.peerId,
    live: local.mic.status === "on",
    partners: partners.map(isLive),
  });
}

function takeStep(meeting: Meeting): void {
  const { interpreter } = meeting;
  switch (stepOf(turnNow(meeting))) {
    case "offer":
      void interpreter.offerHandover(HANDOVER_S);
      break;
    case "request":
      void interpreter.requestHandover(HANDOVER_S);
      break;
    case "accept":
      void interpreter.acceptHandover();
  }
}

/** Follows it from its beginning to its end, and tells how it ended. */
function useCourse(handover: Handover | null, onGiven: () => void) {
  const meeting = useMeeting();
  const before = useRef<Handover | null>(null);
  const calledOffByMe = useRef(false);
  const [deadline, setDeadline] = useState<number | null>(null);
  const [now, setNow] = useState(0);
  useEffect(() => {
    const was = before.current;
    before.current = handover;
    if (handover !== null) {
      calledOffByMe.current = false;
      if (handover.dueAt === null) return setDeadline(null);
      setNow(Date.now());
      return setDeadline(deadlineOf(was, handover, Date.now()));
    }
    setDeadline(null);
    if (was === null) return;
    const { me, peers, phase } = meeting.state.peek();
    const mine = was.giver === me.peerId || was.taker === me.peerId;
    if (!mine || phase !== "joined") return;
    const done = endOf(was, deadline, Date.now()) === "done";
    if (!done) {
      if (!calledOffByMe.current) notify("warning", "booth.notice.calledOff");
    } else if (was.giver === me.peerId) {
      onGiven();
      notify("info", "booth.notice.given", {
        name: peers.find(({ id }) => id === was.taker)?.displayName ?? "",
      });
    } else {
      notify("info", "booth.notice.taken");
    }
  }, [handover]);
  useEffect(() => {
    if (deadline === null) return;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [deadline]);
  return {
    left: deadline === null ? null : secondsLeft(deadline, now),
    cancelled: () => {
      calledOffByMe.current = true;
    },
  };
}
