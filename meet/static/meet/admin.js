// The admin's own scripts: buttons that copy, and plots whose bars are reached by arrows.
"use strict";

const FEEDBACK_MS = 2000;

/** `data-copy` names the element whose text goes to the clipboard, `data-copied` what the button says then. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("button[data-copy]");
  const source = button && document.getElementById(button.dataset.copy);
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
  } catch {
    // Without https there is no clipboard: then it is selected, for the keyboard.
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    return;
  }
  const idle = button.textContent;
  if (idle === button.dataset.copied) return;
  button.textContent = button.dataset.copied;
  setTimeout(() => {
    button.textContent = idle;
  }, FEEDBACK_MS);
});

/** One bar of a plot is reached by Tab, the others from it. */
document.addEventListener("keydown", (event) => {
  const bar = event.target.closest?.("[data-bars] > a");
  if (!bar || event.altKey || event.ctrlKey || event.metaKey) return;
  const bars = [...bar.parentElement.querySelectorAll(":scope > a")];
  const places = {
    ArrowLeft: bars.indexOf(bar) - 1,
    ArrowRight: bars.indexOf(bar) + 1,
    Home: 0,
    End: bars.length - 1,
  };
  const next = bars[places[event.key]];
  if (!(event.key in places)) return;
  event.preventDefault();
  if (!next) return;
  bar.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
});
