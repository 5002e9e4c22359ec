// Every text of an area is one that its page says.

import { describe, expect, it } from "vitest";
import { AREAS } from "./areas";

/** Keys as they are written, and those that are put together: `people.stop.${device}` is all of people.stop. */
function said(code: string): (key: string) => boolean {
  const written = new Set([...code.matchAll(/"(\w+(?:\.\w+)+)"/g)].map(([, key]) => key));
  const putTogether = [...code.matchAll(/`(\w+\.(?:[\w.]|\$\{[^}]+\})*)`/g)].map(
    ([, key = ""]) => new RegExp(`^${key.replaceAll(".", "\\.").replaceAll(/\$\{[^}]+\}/g, "\\w+")}$`),
  );
  return (key) => written.has(key) || putTogether.some((pattern) => pattern.test(key));
}

it("reads the sources", () => {
  for (const { code } of Object.values(AREAS)) expect(code.length).toBeGreaterThan(5000);
  expect(AREAS.room?.code.match(/`\w+\.\w*[.\w]*\$\{/g)?.length).toBeGreaterThan(5);
});

describe.each(Object.entries(AREAS))("%s", (_area, { english, code }) => {
  it("has no text that nothing says", () => {
    const isSaid = said(code);
    expect(Object.keys(english).filter((key) => !isSaid(key))).toEqual([]);
  });
});
