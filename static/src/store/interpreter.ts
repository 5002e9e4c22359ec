// What interpreters of one language agree on, as requests to the server.

import type { Method, RequestData } from "../signal/shapes";
import type { InterpreterActions } from "./types";

/** Asks, and tells people where that fails. */
export type Try = <M extends Method>(method: M, data: RequestData<M>) => Promise<boolean>;

export function interpreterBy(ask: Try): InterpreterActions {
  const act = async <M extends Method>(method: M, data: RequestData<M>): Promise<void> => {
    await ask(method, data);
  };
  return {
    offerHandover: (seconds) => act("offerHandover", { seconds }),
    requestHandover: (seconds) => act("requestHandover", { seconds }),
    acceptHandover: () => act("acceptHandover", {}),
    cancelHandover: () => act("cancelHandover", {}),
  };
}
