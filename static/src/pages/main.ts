// The pages that Django renders: copy buttons, the field that takes a room's name or a whole link, and the button that
// shows a new room's links.

import { copyText } from "../ui/clipboard";
import { roomPath } from "../ui/logic/roomPath";
import "../ui/styles/pages.css";

const FEEDBACK_MS = 2000;

/** `data-copy` names the element whose value or text goes to the clipboard, `data-copied-text` what is said then. */
function wireCopyButton(button: HTMLButtonElement): void {
  const source = document.getElementById(button.dataset.copy ?? "");
  const text = button.querySelector<HTMLElement>("[data-label]");
  if (!source || !text) return;
  const idle = text.textContent ?? "";
  let timer = 0;
  button.addEventListener("click", async () => {
    const copied = await copyText(
      source instanceof HTMLInputElement ? source.value : (source.textContent ?? ""),
    );
    if (!copied) {
      selectAll(source);
      return;
    }
    button.dataset.copied = "";
    text.textContent = button.dataset.copiedText ?? idle;
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      delete button.dataset.copied;
      text.textContent = idle;
    }, FEEDBACK_MS);
  });
  button.hidden = false;
}

function selectAll(source: HTMLElement): void {
  if (source instanceof HTMLInputElement) source.select();
  else window.getSelection()?.selectAllChildren(source);
}

function wireJoinForm(form: HTMLFormElement): void {
  const input = form.querySelector<HTMLInputElement>("input[name=roomId]");
  const error = form.querySelector<HTMLElement>("[data-error]");
  if (!input || !error) return;
  input.addEventListener("input", () => {
    error.hidden = true;
    input.removeAttribute("aria-invalid");
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const path = roomPath(input.value, location.origin);
    if (path) {
      location.assign(path);
      return;
    }
    error.hidden = false;
    input.setAttribute("aria-invalid", "true");
    input.focus();
  });
}

/**
 * Shows the links that the page has already, for the chosen kind of meeting. For another server than the page's own it
 * is sent like any form, and the server makes a new page.
 */
function wireCreateForm(form: HTMLFormElement): void {
  form.addEventListener("submit", (event) => {
    const wish = new FormData(form);
    const created = document.querySelector<HTMLElement>(`[data-created="${wish.get("kind")}"]`);
    if (!created || (wish.get("server") ?? "") !== (form.dataset.server ?? "")) return;
    event.preventDefault();
    form.hidden = true;
    created.hidden = false;
    created.querySelector<HTMLElement>("h1")?.focus();
  });
}

for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]"))
  wireCopyButton(button);
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-join]")) wireJoinForm(form);
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-create]")) wireCreateForm(form);
for (const input of document.querySelectorAll<HTMLInputElement>("input[readonly]")) {
  input.addEventListener("focus", () => input.select());
}
