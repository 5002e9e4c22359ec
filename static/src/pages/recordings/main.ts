// The list of recordings. The server draws all of it; this keeps it up to date, saves loading the page again, shares.

import "./recordings.css";
import { localTimes } from "../player/time";
import { wirePreviews } from "./preview";
import { Region } from "./region";
import { wireShare } from "./share";

const PAUSE_MS = 3000;
const problem = document.querySelector<HTMLElement>("[data-problem]");
const region = new Region(document, ready);

/** Some of the page has been drawn anew. */
function ready(): void {
  localTimes(document, document.documentElement.lang);
  for (const button of document.querySelectorAll<HTMLElement>("[data-needs-script]")) button.hidden = false;
}

/** A button of the list: what it does is done by the server, which answers with the list. */
document.addEventListener("submit", async (event) => {
  const form = event.target as HTMLFormElement;
  if (form.dataset.act === undefined) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  const done = await region.load(form.action, new FormData(form)).catch(() => false);
  form.removeAttribute("aria-busy");
  if (problem) problem.hidden = done;
  if (done) region.focus(form.dataset.act);
});

document.addEventListener("click", (event) => {
  const target = event.target as Element;
  if (target.closest("[data-dismiss]")) {
    target.closest("[data-toast]")?.remove();
    region.focus("");
  }
  for (const popup of document.querySelectorAll<HTMLDetailsElement>("[data-popup][open]")) {
    if (!popup.contains(target)) popup.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const popup of document.querySelectorAll<HTMLDetailsElement>("[data-popup][open]")) {
    popup.open = false;
    popup.querySelector("summary")?.focus();
  }
});

/** What is being made shows how far it is. */
async function follow(): Promise<void> {
  if (!document.hidden && document.querySelector("[data-under-way]")) {
    await region.load(location.href).catch(() => false);
  }
  setTimeout(follow, PAUSE_MS);
}

for (const zone of document.querySelectorAll<HTMLInputElement>("[data-zone]")) {
  zone.value = new Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}
for (const form of document.querySelectorAll<HTMLFormElement>("[data-accounts]")) {
  form.addEventListener("change", () => form.submit());
  for (const button of form.querySelectorAll<HTMLElement>("[data-no-script]")) button.hidden = true;
}
wirePreviews(document);
wireShare(document);
ready();
setTimeout(follow, PAUSE_MS);
