// Requests to the admin. What goes wrong becomes a sentence for people.

import type { OrderMap } from "../../wire/live";

/** Something that was asked for did not happen; the message says why. */
export class Failure extends Error {}

const LOGGED_OUT = "You are not logged in any more. Load this page again.";
const AWAY = "The server can't be reached. Trying again …";

interface Problem {
  error?: { message?: string };
}

/** The answer's JSON. Fails with `Failure`, and with the signal's own error when that aborts. */
export async function ask<T>(url: string, options: RequestInit): Promise<T> {
  let answer: Response;
  try {
    // Whoever is logged out is sent to the login page, which is no answer.
    answer = await fetch(url, { ...options, redirect: "manual", cache: "no-store" });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Failure(AWAY);
  }
  if (answer.type === "opaqueredirect") throw new Failure(LOGGED_OUT);
  const body = await answer.json().catch(() => null);
  if (answer.ok && body !== null) return body as T;
  const told = (body as Problem | null)?.error?.message;
  throw new Failure(told ?? `The server answered with an error (${answer.status}).`);
}

/** A command for a room. `done` is what people hear afterwards. */
export type Order = {
  [C in keyof OrderMap]: { command: C; data: OrderMap[C]; done: string };
}[keyof OrderMap];

/** Have a command carried out. Fails with `Failure`. */
export async function send(url: string, token: string, { command, data }: Order): Promise<void> {
  await ask(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ command, data }),
  });
}
