// The dialog with a video's link and the code for another page. Its words come with the page that the server draws.

import { format } from "../../i18n/format";
import type { KeptLink, KeptLinks, Shared } from "../../wire/sharing";
import { momentFormat } from "../player/time";

export function wireShare(page: Document): void {
  const dialog = page.getElementById("share") as HTMLDialogElement | null;
  if (!dialog) return;
  const name = dialog.querySelector<HTMLElement>("[data-share-name]") as HTMLElement;
  const note = dialog.querySelector<HTMLElement>("[data-share-note]") as HTMLElement;
  const days = dialog.querySelector<HTMLSelectElement>("select");
  const link = page.getElementById("share-link") as HTMLInputElement;
  const embed = page.getElementById("share-embed") as HTMLInputElement;
  const language = page.documentElement.lang;
  let address = "";

  const kept = dialog.querySelector<HTMLDetailsElement>("[data-share-links]");
  const list = dialog.querySelector<HTMLElement>("[data-share-list]");
  const count = dialog.querySelector<HTMLElement>("[data-share-count]");
  const csrf = dialog.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]");

  /** What the server says to what is asked of it; null where that did not work. */
  async function post<Answer>(to: string, more: Record<string, string> = {}): Promise<Answer | null> {
    const body = new URLSearchParams({ csrfmiddlewaretoken: csrf?.value ?? "", ...more });
    const answer = await fetch(to, { method: "POST", body, cache: "no-store" }).catch(() => null);
    return answer?.ok ? ((await answer.json().catch(() => null)) as Answer | null) : null;
  }

  async function fill(): Promise<void> {
    const [to, life] = [address, days?.value ?? ""];
    link.value = embed.value = note.textContent = "";
    show([]);
    const shared = await post<Shared>(to, { days: life });
    if (to !== address || life !== (days?.value ?? "")) return;
    link.value = shared?.link ?? "";
    embed.value = shared?.embed ?? "";
    note.textContent = shared ? noteOf(shared) : (note.dataset.failed ?? "");
    show(shared?.links ?? []);
  }

  function noteOf({ visibility, untilMs }: Shared): string {
    return format(
      note.dataset[visibility] ?? "",
      { time: untilMs === null ? "" : timeOf(untilMs) },
      language,
    );
  }

  function timeOf(unixMs: number): string {
    return momentFormat(language, "long").format(unixMs);
  }

  /** The links that count, each with a button that revokes it. */
  function show(links: readonly KeptLink[]): void {
    if (!kept || !list || !count) return;
    kept.hidden = links.length === 0;
    count.textContent = String(links.length);
    list.replaceChildren(...links.map((one) => itemOf(one, list.dataset)));
  }

  function itemOf({ madeBy, note: what, untilMs, revoke }: KeptLink, words: DOMStringMap): HTMLElement {
    const item = page.createElement("li");
    const said = (untilMs === null ? words.lasting : words.until) ?? "";
    const time = untilMs === null ? "" : timeOf(untilMs);
    item.append(format(said, { time, name: what ? `${madeBy} (${what})` : madeBy }, language));
    if (revoke) {
      const button = page.createElement("button");
      button.type = "button";
      button.className = "button";
      button.dataset.size = "small";
      button.textContent = words.revoke ?? "";
      button.addEventListener("click", () => void revoked(revoke));
      item.append(" ", button);
    }
    return item;
  }

  async function revoked(to: string): Promise<void> {
    const left = await post<KeptLinks>(to);
    if (!left) {
      note.textContent = note.dataset.failed ?? "";
      return;
    }
    link.value = embed.value = note.textContent = "";
    show(left.links);
  }

  page.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-share]") : null;
    if (!button) return;
    address = button.dataset.share ?? "";
    name.textContent = button.dataset.name ?? "";
    dialog.showModal();
    void fill();
  });
  days?.addEventListener("change", () => void fill());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}
