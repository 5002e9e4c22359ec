import { useRef, useState } from "preact/hooks";
import { Failure, type Order, send } from "./ask";

/** Has a command carried out; the second press of a button that is at work does nothing. */
export type Act = (order: Order) => void;

export interface Orders {
  act: Act;
  /** What has happened last, for people. */
  said: string;
  /** What did not work last; empty when it did. */
  failed: string;
}

/** Sends orders one at a time each, and has the page's state asked for anew after each. */
export function useOrders(url: string, token: string, refresh: () => Promise<void>): Orders {
  const working = useRef(new Set<string>());
  const [said, setSaid] = useState("");
  const [failed, setFailed] = useState("");

  async function carryOut(order: Order): Promise<void> {
    const key = JSON.stringify([order.command, order.data]);
    if (working.current.has(key)) return;
    working.current.add(key);
    try {
      await send(url, token, order);
      setSaid(order.done);
      setFailed("");
    } catch (error) {
      setSaid("");
      setFailed(error instanceof Failure ? error.message : String(error));
    } finally {
      working.current.delete(key);
    }
    await refresh();
  }

  return { act: (order) => void carryOut(order), said, failed };
}
