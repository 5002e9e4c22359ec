// The parts of the page that change: the list of videos, and the message over it. The server draws them.

/** Tokens against forged requests look different each time. */
const TOKEN = /name="csrfmiddlewaretoken" value="[^"]*"/g;

/** A card as the server drew it, to compare with the next one. */
export function drawn(card: Element): string {
  return card.outerHTML.replaceAll(TOKEN, "");
}

export class Region {
  private cards: Map<string, string>;

  constructor(
    private readonly page: Document,
    private readonly changed: () => void,
  ) {
    this.cards = cardsOf(page);
  }

  /** Ask for the page, or send a form that answers with it. False if it can't be had. */
  async load(address: string, form?: FormData): Promise<boolean> {
    const answer = await fetch(address, form ? { method: "POST", body: form } : { cache: "no-store" });
    if (!answer.ok) return false;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!next.getElementById("videos")) {
      location.reload(); // nobody is logged in any more
      return false;
    }
    this.show(next);
    if (form) this.replace(next, "toast");
    this.changed();
    return true;
  }

  /** Give the focus to the first of what a selector finds; to the list where there is none. */
  focus(selector: string): void {
    const found = selector ? this.page.querySelector<HTMLElement>(selector) : null;
    (found ?? this.page.getElementById("videos"))?.focus();
  }

  /** Only what has changed is drawn anew, so that menus stay open and nobody loses the focus. */
  private show(next: Document): void {
    const cards = cardsOf(next);
    const same = [...cards.keys()].join() === [...this.cards.keys()].join();
    if (!same) this.replace(next, "videos");
    else {
      for (const [id, text] of cards) {
        if (text !== this.cards.get(id)) this.replace(next, id);
      }
    }
    this.cards = cards;
  }

  private replace(next: Document, id: string): void {
    const [before, after] = [this.page.getElementById(id), next.getElementById(id)];
    if (!before || !after) return;
    const open = [...before.querySelectorAll("details[open]")].map((one) => one.id);
    const focused = this.page.activeElement;
    const inside = focused instanceof HTMLElement && before.contains(focused);
    const menu = inside ? focused.closest("details")?.id : undefined;
    before.replaceChildren(...after.childNodes);
    for (const { name, value } of after.attributes) before.setAttribute(name, value);
    for (const { name } of [...before.attributes])
      if (!after.hasAttribute(name)) before.removeAttribute(name);
    for (const one of open) this.page.getElementById(one)?.setAttribute("open", "");
    if (!inside) return;
    const home = menu ? this.page.getElementById(menu)?.querySelector<HTMLElement>("summary") : null;
    (home ?? before.querySelector<HTMLElement>("a:not([tabindex]), button"))?.focus();
  }
}

function cardsOf(page: Document): Map<string, string> {
  return new Map([...page.querySelectorAll("[data-videos] > ul > li")].map((card) => [card.id, drawn(card)]));
}
