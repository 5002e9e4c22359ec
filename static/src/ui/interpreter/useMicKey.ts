import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { useMeeting } from "../context";
import {
  type Answer,
  givenUp,
  type Holder,
  lost,
  type MicState,
  micState,
  NO_COUGH,
  press,
  release,
  toggle,
  turnedOn,
} from "../logic/cough";

export interface MicKey {
  state: MicState;
  toggle(): void;
  press(holder: Holder): void;
  release(holder: Holder): void;
  /** Another interpreter has the word now: a cough does not end with it. */
  giveUp(): void;
}

/** My microphone with its key and the cough button. `heard`: what I say reaches listeners. */
export function useMicKey(heard: boolean): MicKey {
  const meeting = useMeeting();
  const cough = useSignal(NO_COUGH);
  const { local, me } = meeting.state.value;
  const { status } = local.mic;
  const may = me.permissions.mic;
  const actions = useMemo(() => {
    const carryOut = (answer: Answer) => {
      cough.value = answer.cough;
      if (answer.mic !== null) void meeting.setMic(answer.mic);
    };
    const isOn = () => meeting.state.peek().local.mic.status !== "off";
    return {
      carryOut,
      toggle: () => carryOut(toggle(cough.peek(), isOn())),
      press: (holder: Holder) => carryOut(press(cough.peek(), holder, isOn())),
      release: (holder: Holder) => carryOut(release(cough.peek(), holder)),
      giveUp: () => carryOut(givenUp(cough.peek())),
    };
  }, [meeting, cough]);
  useEffect(() => {
    if (status !== "off") actions.carryOut(turnedOn(cough.peek()));
  }, [status]);
  useEffect(() => {
    if (!may) actions.giveUp();
  }, [may]);
  useEffect(() => {
    const onLost = () => actions.carryOut(lost());
    const onHidden = () => {
      if (document.hidden) onLost();
    };
    window.addEventListener("blur", onLost);
    document.addEventListener("visibilitychange", onHidden);
    return () => {
      window.removeEventListener("blur", onLost);
      document.removeEventListener("visibilitychange", onHidden);
    };
  }, []);
  return { state: micState(cough.value, status, heard), ...actions };
}
