// The interpreters in the list of people: each language with those who interpret into it. Pure.

import { choosable, isInterpreter, isLive } from "meet-client/room/interpretation";
import type { MeetingState } from "../../store/types";

export interface InterpreterLine {
  id: string;
  name: string;
  self: boolean;
  live: boolean;
}

/** A language, or (an empty `tag`) those who have none: nobody hears them. */
export interface LanguageLines {
  tag: string;
  name: string;
  /** The last interpreter has gone, and may be back soon. */
  interrupted: boolean;
  interpreters: InterpreterLine[];
}

type State = Pick<MeetingState, "me" | "peers" | "local" | "interpretation">;

/** Languages in the order of appearance, then the interpreters of none of them. */
export function interpreterLines(state: State): LanguageLines[] {
  const { me, peers, local, interpretation } = state;
  const everybody: InterpreterLine[] = peers
    .filter(isInterpreter)
    .map((peer) => ({ id: peer.id, name: peer.displayName, self: false, live: isLive(peer) }));
  if (isInterpreter(me)) {
    const live = local.mic.status === "on";
    everybody.unshift({ id: me.peerId, name: me.displayName, self: true, live });
  }
  const placed = new Set<string>();
  const lines = interpretation.languages.map(({ tag, name, interpreters: ids }): LanguageLines => {
    const interpreters = everybody.filter(({ id }) => ids.includes(id));
    for (const { id } of interpreters) placed.add(id);
    return { tag, name, interrupted: ids.length === 0, interpreters };
  });
  const others = everybody.filter(({ id }) => !placed.has(id)).map((line) => ({ ...line, live: false }));
  return others.length === 0
    ? lines
    : [...lines, { tag: "", name: "", interrupted: false, interpreters: others }];
}

/** Whether anything is to be seen of interpretation. */
export function hasInterpretation(state: State): boolean {
  return choosable(state).length > 0 || isInterpreter(state.me) || state.peers.some(isInterpreter);
}
