import { describe, expect, it } from "vitest";
import { choicesOf, claimsOf, hashOf, linkOf, newRoomId, snippetOf } from "../../src/pages/playground/link";

const NAMES = ["roomId", "displayName", "video"];

describe("the playground's link", () => {
  it("begins with the room and escapes everything", () => {
    const values = { displayName: "Ada & Co", roomId: "team42", video: "https://x.example/?a=1" };
    expect(linkOf("https://meet.example/call/", { interface: "call", values })).toBe(
      "https://meet.example/call/?roomId=team42&displayName=Ada+%26+Co&video=https%3A%2F%2Fx.example%2F%3Fa%3D1",
    );
  });

  it("is kept in the page's address and comes back from there", () => {
    const choices = { interface: "webinar" as const, values: { roomId: "team42", displayName: "Ä&#x" } };
    expect(choicesOf(`#${hashOf(choices)}`, NAMES)).toEqual(choices);
  });

  it("takes only attributes that there are from an address", () => {
    expect(choicesOf("#roomId=a&evil=1&interface=nothing&__proto__=x", NAMES)).toEqual({
      interface: "call",
      values: { roomId: "a" },
    });
  });
});

describe("the snippet", () => {
  it("can't be broken out of by what is in it", () => {
    const snippet = snippetOf('https://x/?a="><script>', "https://x/meetBridgeApi.js", "</script><b>");
    expect(snippet).toContain("src=&quot;".replace("src=&quot;", 'src="https://x/?a=&quot;>&lt;script>"'));
    expect(snippet.match(/<\/script>/g)).toHaveLength(2);
  });
});

describe("a token", () => {
  const payload = btoa(JSON.stringify({ role: "moderator" }));

  it("is read without being checked", () => {
    expect(claimsOf(`x.${payload}.y`)).toEqual({ role: "moderator" });
  });

  it.each(["", "x", "x.y", "x.!!!.y", `x.${btoa("[1]")}.y`, `x.${btoa("null")}.y`])(
    "may be none: %s",
    (text) => {
      expect(claimsOf(text)).toBeNull();
    },
  );
});

it("makes ids of rooms without letters that look alike", () => {
  expect(newRoomId(Uint8Array.from({ length: 256 }, (_, place) => place))).toMatch(/^[a-hjkmnp-z2-9]{256}$/);
});
