import { describe, expect, it } from "vitest";
import { fetchTicket, isFresh, TicketRefused, TicketUnavailable } from "../../src/room/tickets";

const WAY = { ticketUrl: "/tickets/", interface: "webinar", query: "?roomId=x" } as const;

const answering = (status: number, body: unknown) => async () =>
  new Response(JSON.stringify(body), { status });

describe("a ticket", () => {
  it("is fresh for eight minutes", () => {
    expect([isFresh(0), isFresh(479_999), isFresh(480_000)]).toEqual([true, true, false]);
  });

  it("comes from the ticket address", async () => {
    const admission = { ticket: "t", peerId: "a b", identity: "next", nodeUrl: "ws://other" };
    let asked: unknown;
    const fetch = async (url: unknown, init?: { method: string; body: string }) => {
      asked = [url, init?.method, JSON.parse(String(init?.body))];
      return new Response(JSON.stringify(admission));
    };
    expect(await fetchTicket(WAY, "mine", fetch, new AbortController().signal)).toEqual(admission);
    expect(asked).toEqual([
      "/tickets/",
      "POST",
      { interface: "webinar", query: "?roomId=x", identity: "mine" },
    ]);
  });

  it("can be refused", async () => {
    const fetch = answering(403, { error: { code: "roomClosed", message: "The room is closed." } });
    const error = await fetchTicket(WAY, "mine", fetch, new AbortController().signal).catch(
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(TicketRefused);
    expect(error).toMatchObject({ code: "roomClosed", message: "The room is closed." });
  });

  it.each([
    ["no node is free", answering(503, { error: { code: "noNode", message: "." } })],
    ["something else answers", async () => new Response("<html>", { status: 502 })],
    ["nobody answers", async () => Promise.reject(new TypeError("offline"))],
  ])("may come later when %s", async (_name, fetch) => {
    await expect(fetchTicket(WAY, "mine", fetch, new AbortController().signal)).rejects.toBeInstanceOf(
      TicketUnavailable,
    );
  });
});
