// Every area with its texts, and where they are said.

import type { Message, Source } from "../../src/i18n/format";
import * as languages from "../../src/i18n/language";

interface Area {
  english: Source;
  /** By language, English not among them. */
  translations: Record<string, Source>;
  /** The scripts that may say its texts. */
  code: string;
  /** So many texts, at most, are spelled as in English. */
  alike: number;
}

const FILES = import.meta.glob<Record<string, Source>>("../../src/i18n/*/{en,fr,de,lb,ru}.ts", {
  eager: true,
});
const SCRIPTS = import.meta.glob<string>(
  ["../../src/**/*.{ts,tsx}", "!../../src/i18n/*/{en,fr,de,lb,ru}.ts", "!../../src/wire/**"],
  { query: "?raw", import: "default", eager: true },
);

/** The scripts in folders of the client. */
function scripts(...folders: string[]): string[] {
  const of = (path: string) => folders.some((folder) => path.startsWith(`../../src/${folder}/`));
  return Object.entries(SCRIPTS).flatMap(([path, text]) => (of(path) ? [text] : []));
}

function area(name: string, alike: number, ...folders: string[]): Area {
  const at = (language: string) => FILES[`../../src/i18n/${name}/${language}.ts`] ?? {};
  const translations = languages.LANGUAGES.filter((language) => language !== "en").map(
    (language) => [language, at(language).default ?? {}] as const,
  );
  return {
    english: at("en").en ?? {},
    translations: Object.fromEntries(translations),
    code: scripts(...folders).join("\n"),
    alike,
  };
}

/** Those of the folders of src/i18n/. */
export const AREAS: Readonly<Record<string, Area>> = {
  room: area("room", 11, "store", "ui", "room", "rtc", "signal"),
  denial: area("denial", 1, "i18n/denial", "pages/denial"),
  player: area("player", 4, "pages/player"),
  check: area("check", 5, "pages/check"),
};

/** The folders of src/i18n/. */
export const FOLDERS = [...new Set(Object.keys(FILES).map((path) => path.split("/").at(-2)))];

export function forms(message: Message): string[] {
  return typeof message === "string" ? [message] : Object.values(message);
}
