import { afterEach, describe, expect, it, vi } from "vitest";
import { Emitter } from "../../src/room/emitter";

interface Events {
  said: { text: string };
  gone: Record<string, never>;
}

afterEach(() => vi.unstubAllGlobals());

describe("an emitter", () => {
  it("tells those who listen to that event, in their order, until they stop", () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    const stop = emitter.on("said", ({ text }) => heard.push(`a ${text}`));
    emitter.on("said", ({ text }) => heard.push(`b ${text}`));
    emitter.on("gone", () => heard.push("gone"));
    emitter.emit("said", { text: "1" });
    stop();
    stop();
    emitter.emit("said", { text: "2" });
    expect(heard).toEqual(["a 1", "b 1", "b 2"]);
  });

  it("takes the same handler twice for two", () => {
    const emitter = new Emitter<Events>();
    let count = 0;
    const handler = () => {
      count += 1;
    };
    emitter.on("gone", handler);
    emitter.on("gone", handler)();
    emitter.emit("gone", {});
    expect(count).toBe(1);
  });

  it("does not let one handler's failure keep an event from the others", () => {
    const report = vi.fn();
    vi.stubGlobal("reportError", report);
    const emitter = new Emitter<Events>();
    const failure = new Error("handler");
    let heard = false;
    emitter.on("gone", () => {
      throw failure;
    });
    emitter.on("gone", () => {
      heard = true;
    });
    emitter.emit("gone", {});
    expect([heard, report.mock.calls]).toEqual([true, [[failure]]]);
  });

  it("begins to tell a handler with the event after the one it was added by", () => {
    const emitter = new Emitter<Events>();
    let heard = 0;
    emitter.on("gone", () => {
      emitter.on("gone", () => {
        heard += 1;
      });
    });
    emitter.emit("gone", {});
    expect(heard).toBe(0);
    emitter.emit("gone", {});
    expect(heard).toBe(1);
  });
});
