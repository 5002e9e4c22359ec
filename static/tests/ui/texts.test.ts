// Every text of the room's page is one that the page says.

import { expect, it } from "vitest";
import { en } from "../../src/i18n/room/en";

const SOURCES = import.meta.glob<string>(
  ["../../src/**/*.{ts,tsx}", "!../../src/i18n/**", "!../../src/wire/**"],
  {
    query: "?raw",
    import: "default",
    eager: true,
  },
);
const CODE = Object.values(SOURCES).join("\n");

/** Keys as they are written, and those that are put together: `people.stop.${device}` is all of people.stop. */
const WRITTEN = new Set([...CODE.matchAll(/"(\w+(?:\.\w+)+)"/g)].map(([, key]) => key));
const PUT_TOGETHER = [...CODE.matchAll(/`(\w+\.(?:[\w.]|\$\{[^}]+\})*)`/g)].map(
  ([, key = ""]) => new RegExp(`^${key.replaceAll(".", "\\.").replaceAll(/\$\{[^}]+\}/g, "\\w+")}$`),
);

it("reads the sources", () => {
  expect(Object.keys(SOURCES).length).toBeGreaterThan(100);
  expect(PUT_TOGETHER.length).toBeGreaterThan(5);
});

it("has no text that nothing says", () => {
  const unused = Object.keys(en).filter(
    (key) => !WRITTEN.has(key) && !PUT_TOGETHER.some((pattern) => pattern.test(key)),
  );
  expect(unused).toEqual([]);
});
