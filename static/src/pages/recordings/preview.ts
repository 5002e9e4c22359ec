// A poster under the pointer shows the video from its beginning, at the left, to its end, at the right.

import { backgroundOf, readSheet, type Sheet } from "../player/thumbnails";

const sheets = new Map<string, Promise<Sheet>>();

function sheetAt(address: string): Promise<Sheet> {
  let sheet = sheets.get(address);
  if (!sheet) {
    sheet = fetch(address).then(async (answer) => readSheet(answer.ok ? await answer.text() : ""));
    sheets.set(address, sheet);
  }
  return sheet;
}

export function wirePreviews(page: Document): void {
  const posterOf = (event: Event) =>
    event.target instanceof Element ? event.target.closest<HTMLElement>("[data-sheet]") : null;

  page.addEventListener("pointermove", async (event) => {
    const poster = posterOf(event);
    const preview = poster?.querySelector<HTMLElement>("[data-preview]");
    if (!poster || !preview || event.pointerType !== "mouse") return;
    const box = poster.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    const sheet = await sheetAt(poster.dataset.sheetIndex ?? "").catch(() => null);
    const count = sheet?.thumbnails.length ?? 0;
    const thumbnail = sheet?.thumbnails[Math.min(count - 1, Math.max(0, Math.floor(share * count)))];
    if (!sheet || !thumbnail || !poster.matches(":hover")) return;
    Object.assign(preview.style, backgroundOf(sheet, poster.dataset.sheet ?? "", thumbnail));
    preview.style.setProperty("--share", `${share * 100}%`);
    preview.hidden = false;
  });

  page.addEventListener("pointerout", (event) => {
    const poster = posterOf(event);
    if (!poster || (event.relatedTarget instanceof Node && poster.contains(event.relatedTarget))) return;
    const preview = poster.querySelector<HTMLElement>("[data-preview]");
    if (preview) preview.hidden = true;
  });
}
