// The dialog with a video's link and the code for another page.

interface Shared {
  link: string;
  embed: string;
  untilMs: number | null;
  visibility: "signed" | "members" | "public";
}

const FAILED = "That did not work. Check your connection, and try again.";

export function wireShare(page: Document): void {
  const dialog = page.getElementById("share") as HTMLDialogElement | null;
  if (!dialog) return;
  const name = dialog.querySelector<HTMLElement>("[data-share-name]") as HTMLElement;
  const note = dialog.querySelector<HTMLElement>("[data-share-note]") as HTMLElement;
  const days = dialog.querySelector<HTMLSelectElement>("select");
  const link = page.getElementById("share-link") as HTMLInputElement;
  const embed = page.getElementById("share-embed") as HTMLInputElement;
  let address = "";

  async function fill(): Promise<void> {
    const asked = `${address}?days=${days?.value ?? ""}`;
    link.value = embed.value = note.textContent = "";
    const answer = await fetch(asked, { cache: "no-store" }).catch(() => null);
    if (asked !== `${address}?days=${days?.value ?? ""}`) return;
    const shared = answer?.ok ? ((await answer.json().catch(() => null)) as Shared | null) : null;
    link.value = shared?.link ?? "";
    embed.value = shared?.embed ?? "";
    note.textContent = shared ? noteOf(shared) : FAILED;
  }

  function noteOf({ visibility, untilMs }: Shared): string {
    const format = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });
    return (note.dataset[visibility] ?? "").replace("{time}", untilMs === null ? "" : format.format(untilMs));
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
