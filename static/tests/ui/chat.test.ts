import type { ChatMessage } from "meet-client/signal/shapes";
import { describe, expect, it } from "vitest";
import { announceChat } from "../../src/ui/logic/announce";
import { groupMessages, MAX_MESSAGE_LENGTH, messageText } from "../../src/ui/logic/chat";
import { linkify } from "../../src/ui/logic/linkify";

const links = (text: string) =>
  linkify(text)
    .filter((piece) => piece.href !== null)
    .map((piece) => piece.href);

describe("linkify", () => {
  it.each([
    ["see https://example.org/a?b=1#c", ["https://example.org/a?b=1#c"]],
    ["www.example.org is one", ["https://www.example.org/"]],
    ["(https://example.org/wiki/A_(b))", ["https://example.org/wiki/A_(b)"]],
    ["https://example.org/a, and http://b.example!", ["https://example.org/a", "http://b.example/"]],
    ["« https://example.org/é »", ["https://example.org/%C3%A9"]],
    ["http://localhost:8000/call/", ["http://localhost:8000/call/"]],
    ["HTTPS://EXAMPLE.ORG", ["https://example.org/"]],
  ])("finds the links in %j", (text, expected) => {
    expect(links(text)).toEqual(expected);
  });

  it.each([
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://",
    "http://word",
    "file:///etc/passwd",
    "ahttps://example.org",
    "a.b.c and me@example.org",
  ])("finds none in %j", (text) => {
    expect(links(text)).toEqual([]);
  });

  it("loses nothing of the text", () => {
    const text = "<b>a</b> https://example.org/x). \n www.b.example… end";
    expect(
      linkify(text)
        .map((piece) => piece.text)
        .join(""),
    ).toBe(text);
  });

  it("ends a link where markup could begin", () => {
    expect(links('https://example.org/"onclick="x')).toEqual(["https://example.org/"]);
  });
});

const message = (id: number, peerId: string, at: number, displayName = peerId): ChatMessage => ({
  id,
  peerId,
  displayName,
  text: `${id}`,
  at,
});

describe("groupMessages", () => {
  it("puts what one person writes in a row together", () => {
    const groups = groupMessages([
      message(1, "a", 0),
      message(2, "a", 1000),
      message(3, "b", 2000),
      message(4, "a", 3000),
    ]);
    expect(groups.map((group) => group.messages.map(({ id }) => id))).toEqual([[1, 2], [3], [4]]);
    expect(groups[0]).toMatchObject({ id: 1, peerId: "a", at: 0 });
  });

  it("begins anew after a long silence or under a new name", () => {
    const minute = 60_000;
    const groups = groupMessages([
      message(1, "a", 0),
      message(2, "a", 4 * minute),
      message(3, "a", 8 * minute),
      message(4, "a", 14 * minute),
      message(5, "a", 14 * minute, "Ada"),
    ]);
    expect(groups.map((group) => group.id)).toEqual([1, 4, 5]);
  });
});

describe("messageText", () => {
  it("is without blanks around it, and nothing where only blanks are", () => {
    expect(messageText("  a\r\nb \n")).toBe("a\nb");
    expect(messageText(" \n\t")).toBeNull();
  });

  it("is never longer than the server takes, and cuts no character in two", () => {
    const long = messageText("👍".repeat(MAX_MESSAGE_LENGTH + 5));
    expect([...(long ?? "")]).toHaveLength(MAX_MESSAGE_LENGTH);
  });
});

describe("announceChat", () => {
  it("reads the last two that others wrote, and says how many they are where there are more", () => {
    const chat = [message(1, "a", 0), message(2, "b", 0), message(3, "me", 0), message(4, "a", 0)];
    expect(announceChat(chat, 0, "me").map(({ values }) => values)).toEqual([
      { count: 3 },
      { name: "b", text: "2" },
      { name: "a", text: "4" },
    ]);
    expect(announceChat(chat, 1, "me").map(({ values }) => values)).toEqual([
      { name: "b", text: "2" },
      { name: "a", text: "4" },
    ]);
    expect(announceChat(chat, 4, "me")).toEqual([]);
  });
});
