// The page for somebody who may not enter: its words in their language, a countdown to an event that has not started,
// and another try where time helps. A page around it hears at once, through the bridge, what has happened.

import { endedBy } from "meet-client/room/endings";
import { IdentityKeeper } from "meet-client/room/identity";
import { type DenialTexts, denial, denialWords, isCode } from "../../i18n/denial";
import { type Language, localesOf } from "../../i18n/language";
import { attachSessions } from "../../room/bridgePage";
import { Refused } from "../../room/refused";
import { contactHref } from "../../ui/logic/contact";
import type { Boot } from "../../wire/boot";
import type { DenialBoot } from "../../wire/denial";
import { countdownText, leftMs } from "./countdown";
import "./denial.css";
import { resume } from "./resume";

const TICK_MS = 250;
/** Not everybody who waits comes back at the same moment. */
const SPREAD = 0.3;
const MAX_SPREAD_MS = 1500;
const UNREACHABLE_RETRY_MS = 5000;

const loadedMs = Date.now();
const told = JSON.parse(document.getElementById("denial")?.textContent ?? "") as DenialBoot;

const loading = denial.begin([told.language]);
const boot = await comeBack();
if (boot === null) await deny();
else await openRoom(boot);

/** For who was in before this page was loaded anew; they should not read that they may not enter meanwhile. */
async function comeBack(): Promise<Boot | null> {
  const { pathname, search } = location;
  const storage = { tab: () => window.sessionStorage, browser: () => window.localStorage };
  const keeper = new IdentityKeeper(storage, (new URLSearchParams(search).get("roomId") ?? "").trim());
  document.body.hidden = true;
  const page = {
    code: told.code,
    ticketUrl: told.ticketUrl,
    interface: pathname.startsWith("/webinar") ? "webinar" : "call",
    search,
  };
  const boot = await resume(page, keeper, (input, init) => window.fetch(input, init));
  document.body.hidden = false;
  return boot;
}

/** This page becomes the room's, at the same address: loading it anew goes the same way. */
async function openRoom(boot: Boot): Promise<void> {
  const data = Object.assign(document.createElement("script"), { id: "boot", type: "application/json" });
  data.textContent = JSON.stringify(boot);
  const app = Object.assign(document.createElement("div"), { id: "app" });
  document.body.replaceChildren(app, data);
  document.title = document.title.replace(/^.*(?= · )/, boot.roomId);
  await import("../../room/main");
}

async function deny(): Promise<void> {
  linkContact();
  tellAround();
  if (told.startMs !== null) countDown(told.startMs);
  else if (told.retryS > 0) enterAfter(told.retryS * 1000);
  translate(await loading);
}

function translate(texts: DenialTexts): void {
  console.warn(`meet: ${told.message} ${told.hint}`.trim());
  const words: Record<string, string> = { contact: texts.t("page.contact"), again: texts.t("page.again") };
  if (isCode(told.code)) {
    const { title, message, hint } = denialWords(texts, told.code);
    const start =
      told.startMs === null
        ? ""
        : ` ${texts.t("page.start", { time: startText(told.startMs, texts.language) })}`;
    Object.assign(words, { title, message: message + start, hint });
    document.documentElement.lang = texts.language;
    const detail = document.querySelector<HTMLElement>("[data-detail]");
    if (detail && told.detail !== "") {
      detail.textContent = told.detail;
      detail.hidden = false;
    }
    document.title = document.title.replace(/^.*(?= · )/, title);
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-text]")) {
    const text = words[element.dataset.text ?? ""];
    if (text !== undefined) element.textContent = text;
  }
}

/** Nobody can join from here: each method is refused, with the reason that the event gives. */
function tellAround(): void {
  const { code, message } = told;
  attachSessions(
    {
      perform: () => Promise.reject(new Refused(code, message)),
      standing: () => [
        { name: "ended", data: endedBy({ code, message }) },
        { name: "connectionError", data: { peerId: "", message } },
      ],
    },
    "",
  );
}

function startText(startMs: number, language: Language): string {
  const format = new Intl.DateTimeFormat(localesOf(language), {
    weekday: "long",
    year: "numeric",
    month: "long",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  });
  return format.format(startMs);
}

/** An address can be used with a click. */
function linkContact(): void {
  const place = document.querySelector<HTMLElement>("[data-contact]");
  const contact = place?.textContent ?? "";
  const href = contactHref(contact);
  if (!place || href === null) return;
  const link = Object.assign(document.createElement("a"), { href, textContent: contact });
  link.target = "_blank";
  link.rel = "noopener";
  place.replaceChildren(link);
}

function countDown(startMs: number): void {
  const place = document.querySelector<HTMLElement>("[data-countdown]");
  const clocks = { serverMs: told.nowMs, localMs: loadedMs };
  let shown = "";
  const timer = setInterval(tick, TICK_MS);
  tick();

  function tick(): void {
    const left = leftMs(startMs, Date.now(), clocks);
    const text = countdownText(left, localesOf(told.language));
    if (place && text !== shown) {
      shown = place.textContent = text;
      place.hidden = false;
    }
    if (left > 0) return;
    clearInterval(timer);
    enterAfter(0);
  }
}

/** Load the room, a little later than others. */
function enterAfter(ms: number): void {
  setTimeout(() => void enter(), ms + Math.random() * Math.max(MAX_SPREAD_MS, ms * SPREAD));
}

/** A server that is away for a moment must not leave people with the browser's own page. */
async function enter(): Promise<void> {
  const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.reload();
  else enterAfter(UNREACHABLE_RETRY_MS);
}
