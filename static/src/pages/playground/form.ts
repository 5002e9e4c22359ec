// The form with all attributes: what is chosen in it, and what a pasted token says about them.

import { type Choices, choicesOf, claimsOf } from "./link";

type Field = HTMLInputElement | HTMLSelectElement;

export class AttributeForm {
  readonly #form: HTMLFormElement;
  readonly #fields = new Map<string, Field>();
  readonly #changed: () => void;

  constructor(form: HTMLFormElement, changed: () => void) {
    this.#form = form;
    this.#changed = changed;
    for (const control of form.querySelectorAll<HTMLElement>("[data-control]")) {
      const field = control.querySelector<Field>("input, select");
      if (field && control.dataset.control) this.#fields.set(control.dataset.control, field);
    }
    form.addEventListener("input", () => this.#update());
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  choices(): Choices {
    const values: Record<string, string> = {};
    for (const [name, field] of this.#fields) {
      const value = chosenIn(field);
      if (value !== "" && !this.#tokenOnly(field)) values[name] = value;
    }
    const chosen = new FormData(this.#form).get("interface");
    return { interface: chosen === "webinar" ? "webinar" : "call", values };
  }

  /** Put in what an address kept; a room of its own for who has none. */
  fill(hash: string, freshRoomId: string): void {
    const { interface: chosen, values } = choicesOf(hash, [...this.#fields.keys()]);
    values.roomId ??= freshRoomId;
    for (const [name, field] of this.#fields) put(field, values[name] ?? "");
    for (const radio of this.#form.querySelectorAll<HTMLInputElement>("input[name=interface]")) {
      radio.checked = radio.value === chosen;
    }
    this.#update();
    for (const group of this.#form.querySelectorAll<HTMLDetailsElement>("details")) {
      const count = group.querySelector<HTMLElement>("[data-count]");
      if (count && !count.hidden) group.open = true;
    }
  }

  #update(): void {
    this.#showToken();
    this.#showCounts();
    this.#changed();
  }

  /** What is in a token can't be chosen here, but seen. */
  #showToken(): void {
    const token = this.#fields.get("token")?.value ?? "";
    const claims = claimsOf(token);
    for (const [name, field] of this.#fields) {
      const said = claims?.[name];
      const given = said !== undefined && said !== null;
      if (this.#tokenOnly(field)) put(field, given ? String(said) : "");
      const note = controlOf(field).querySelector<HTMLElement>("[data-from-token]");
      if (note === null) continue;
      const invalid = name === "token" && token.trim() !== "" && claims === null;
      note.hidden = !given && !invalid;
      note.dataset.tone = invalid ? "problem" : "";
      note.textContent = invalid ? "This is no JSON Web Token." : `The token says ${JSON.stringify(said)}.`;
    }
    for (const note of this.#form.querySelectorAll<HTMLElement>("[data-token-note]")) {
      note.hidden = claims !== null;
    }
  }

  #showCounts(): void {
    for (const group of this.#form.querySelectorAll("details")) {
      const fields = [...this.#fields.values()].filter((field) => group.contains(field));
      const set = fields.filter((field) => chosenIn(field) !== "" && field.name !== "roomId").length;
      const count = group.querySelector<HTMLElement>("[data-count]");
      if (count === null) continue;
      count.hidden = set === 0;
      count.textContent = `${set} set`;
    }
  }

  #tokenOnly(field: Field): boolean {
    return controlOf(field).dataset.tokenOnly !== undefined;
  }
}

function controlOf(field: Field): HTMLElement {
  return field.closest<HTMLElement>("[data-control]") ?? field;
}

function isSwitch(field: Field): field is HTMLInputElement {
  return field instanceof HTMLInputElement && field.type === "checkbox";
}

function chosenIn(field: Field): string {
  return isSwitch(field) ? (field.checked ? "true" : "") : field.value.trim();
}

function put(field: Field, value: string): void {
  if (isSwitch(field)) field.checked = value === "true";
  else field.value = value;
}
