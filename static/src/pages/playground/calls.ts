// The list of methods: a field where one takes data, a button, and what came of it.

import { dataOf, GROUPS, type MethodHelp } from "./methods";

/** Calls a method of the room. */
export type CallRoom = (name: string, data: unknown) => Promise<unknown>;

const PEERS_ID = "known-peers";

export class Calls {
  readonly #call: CallRoom;
  readonly #peers = document.createElement("datalist");

  constructor(root: HTMLElement, call: CallRoom) {
    this.#call = call;
    this.#peers.id = PEERS_ID;
    root.append(this.#peers);
    for (const { title, methods } of GROUPS) {
      const heading = Object.assign(document.createElement("h3"), { textContent: title });
      const rows = Object.entries(methods).map(([name, help]) => this.#row(name, help));
      root.append(heading, ...rows);
    }
  }

  /** Somebody whose id can be offered where one is asked for. */
  met(peerId: string, displayName: string): void {
    for (const known of this.#peers.options) if (known.value === peerId) known.remove();
    this.#peers.append(
      Object.assign(document.createElement("option"), { value: peerId, label: displayName }),
    );
  }

  #row(name: string, { argument, help }: MethodHelp): HTMLElement {
    const row = document.createElement("form");
    row.className = "method";
    row.dataset.method = name;
    const field = fieldOf(name, argument);
    const button = Object.assign(document.createElement("button"), {
      type: "submit",
      className: "button",
      textContent: "Call",
    });
    button.dataset.size = "small";
    button.setAttribute("aria-label", `Call ${name}`);
    const title = Object.assign(document.createElement("code"), { textContent: name });
    const hint = Object.assign(document.createElement("p"), { className: "field-hint", textContent: help });
    const output = document.createElement("output");
    output.hidden = true;
    if (field !== null && argument.input === "json") row.dataset.wide = "";
    row.append(title, hint, ...(field === null ? [] : [field]), button, output);
    row.addEventListener("submit", (event) => {
      event.preventDefault();
      // At once, so that the browser still counts the click where a method needs one.
      void this.#run(name, () => dataOf(argument, field?.value ?? ""), button, output);
    });
    return row;
  }

  async #run(
    name: string,
    data: () => unknown,
    button: HTMLButtonElement,
    output: HTMLOutputElement,
  ): Promise<void> {
    button.disabled = true;
    try {
      show(output, await this.#call(name, data()), "done");
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      show(output, code === undefined ? message : `${code}: ${message}`, "failed");
    } finally {
      button.disabled = false;
    }
  }
}

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

function fieldOf(name: string, argument: MethodHelp["argument"]): Field | null {
  if (argument.input === "none") return null;
  let field: Field;
  if (argument.input === "flag") {
    field = document.createElement("select");
    field.append(new Option("true"), new Option("false"));
  } else if (argument.input === "json") {
    field = Object.assign(document.createElement("textarea"), { value: argument.initial, rows: 2 });
  } else {
    field = document.createElement("input");
    if (argument.input === "peer") {
      field.setAttribute("list", PEERS_ID);
      field.placeholder = "peerId";
    } else {
      field.value = argument.initial;
      field.placeholder = argument.hint;
      if (argument.input === "number") field.inputMode = "numeric";
    }
    field.autocomplete = "off";
  }
  field.className = "input";
  field.spellcheck = false;
  field.setAttribute("aria-label", `Data of ${name}`);
  return field;
}

function show(output: HTMLOutputElement, result: unknown, state: "done" | "failed"): void {
  output.hidden = false;
  output.dataset.state = state;
  if (typeof result === "string" && result.startsWith("data:image/")) {
    output.replaceChildren(Object.assign(new Image(), { src: result, alt: "Screenshot" }));
    return;
  }
  output.textContent = typeof result === "string" && state === "failed" ? result : JSON.stringify(result);
}
