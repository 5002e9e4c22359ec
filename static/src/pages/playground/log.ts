// What the room has told: newest at the bottom, as in a terminal.

const MAX_ENTRIES = 500;

export class EventLog {
  readonly #list: HTMLElement;
  readonly #empty: HTMLElement;
  #filter = "";

  constructor(list: HTMLElement, empty: HTMLElement) {
    this.#list = list;
    this.#empty = empty;
  }

  add(name: string, data: unknown, at: Date): void {
    const entry = document.createElement("li");
    entry.dataset.event = name;
    const time = Object.assign(document.createElement("time"), {
      dateTime: at.toISOString(),
      textContent: at.toTimeString().slice(0, 8),
    });
    const title = Object.assign(document.createElement("strong"), { textContent: name });
    const text = Object.keys(data as object).length === 0 ? "" : JSON.stringify(data);
    const details = Object.assign(document.createElement("code"), { textContent: text });
    entry.append(time, title, details);
    const following = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 24;
    this.#list.append(entry);
    while (this.#list.childElementCount > MAX_ENTRIES) this.#list.firstElementChild?.remove();
    this.#judge(entry);
    if (following) this.#list.scrollTop = this.#list.scrollHeight;
    this.#empty.hidden = true;
  }

  /** Show only what has this text in it. */
  filter(text: string): void {
    this.#filter = text.trim().toLowerCase();
    for (const entry of this.#list.children) this.#judge(entry as HTMLElement);
  }

  clear(): void {
    this.#list.replaceChildren();
    this.#empty.hidden = false;
  }

  #judge(entry: HTMLElement): void {
    entry.hidden = !(entry.textContent ?? "").toLowerCase().includes(this.#filter);
  }
}
