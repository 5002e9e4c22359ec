import { describe, expect, it } from "vitest";
import { embedUrl } from "../../src/ui/logic/embed";
import { type Control, fitControls } from "../../src/ui/logic/fit";
import { actionFor, SHORTCUTS } from "../../src/ui/logic/keyboard";
import { place } from "../../src/ui/logic/place";

const ALL: Control[] = ["mic", "camera", "share", "hand", "chat", "people", "more", "leave"];
const VIEWER: Control[] = ["hand", "volume", "chat", "people", "fullscreen", "more", "leave"];

describe("fitControls", () => {
  it("has everything in the bar where there is room", () => {
    expect(fitControls(1200, ALL)).toEqual({ bar: ALL, menu: [], roomy: true });
    expect(fitControls(700, ALL)).toEqual({ bar: ALL, menu: [], roomy: true });
    expect(fitControls(500, ALL).bar).toEqual(ALL);
  });

  it("sends only the shared screen to the menu of a phone", () => {
    expect(fitControls(344, ALL)).toMatchObject({ menu: ["share"], roomy: false });
    expect(fitControls(344, VIEWER).menu).toEqual([]);
  });

  it("keeps a moderator's own things in the bar of a phone", () => {
    const moderators: Control[] = [...ALL.slice(0, 6), "moderator", "more", "leave"];
    expect(fitControls(344, moderators).menu).toEqual(["share", "hand"]);
    expect(fitControls(374, moderators).bar).toEqual([
      "mic",
      "camera",
      "chat",
      "people",
      "moderator",
      "more",
      "leave",
    ]);
    expect(fitControls(740, moderators).menu).toEqual([]);
  });

  it("keeps what matters most on the narrowest page, in its order", () => {
    expect(fitControls(220, ALL).bar).toEqual(["mic", "camera", "more", "leave"]);
    expect(fitControls(0, ALL).bar).toEqual(["more", "leave"]);
  });

  it.each([0, 150, 240, 300, 344, 400, 679, 680, 900, 999, 1000, 2000])("loses nothing at %i px", (width) => {
    const { bar, menu } = fitControls(width, ALL);
    expect([...bar, ...menu].sort()).toEqual([...ALL].sort());
  });
});

describe("shortcuts", () => {
  const press = (key: string, code = "") => ({
    key,
    code,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    repeat: false,
  });

  it.each(Object.entries(SHORTCUTS))("%s is %s", (action, key) => {
    expect(actionFor(press(key), false)).toBe(action);
    expect(actionFor(press(key.toLowerCase()), false)).toBe(action);
    expect(actionFor(press(key), true)).toBeNull();
    expect(actionFor({ ...press(key), ctrlKey: true }, false)).toBeNull();
  });

  it("follow the place of the key where letters are not Latin", () => {
    expect(actionFor(press("р", "KeyH"), false)).toBe("hand");
    expect(actionFor(press("с", "KeyC"), false)).toBe("chat");
  });

  it("follow the letter where the layout is another Latin one", () => {
    expect(actionFor(press("m", "Semicolon"), false)).toBe("mic"); // French
    expect(actionFor(press("x", "KeyM"), false)).toBeNull();
  });
});

describe("place", () => {
  const view = { width: 1000, height: 600 };
  const box = { width: 200, height: 100 };

  it("puts a box above its button, centred", () => {
    const anchor = { left: 500, top: 500, width: 40, height: 40 };
    expect(place(anchor, box, view, "above", "centre")).toEqual({ left: 420, top: 392 });
    expect(place(anchor, box, view, "above", "start").left).toBe(anchor.left);
    expect(place(anchor, box, view, "above", "end").left).toBe(anchor.left + anchor.width - box.width);
  });

  it("takes the other side where there is no room, and stays in the window", () => {
    const top = { left: 0, top: 10, width: 40, height: 40 };
    expect(place(top, box, view, "above", "centre")).toEqual({ left: 8, top: 58 });
    const bottom = { left: 960, top: 550, width: 40, height: 40 };
    expect(place(bottom, box, view, "below", "end")).toEqual({ left: 792, top: 442 });
  });

  it("shows the beginning of what is higher than the window", () => {
    const anchor = { left: 500, top: 300, width: 40, height: 40 };
    expect(place(anchor, { width: 200, height: 900 }, view, "above", "centre").top).toBe(8);
  });
});

describe("embedUrl", () => {
  const own = "https://meet.example";

  it.each([
    ["https://www.youtube.com/embed/XBPjVzSoepo", "https://www.youtube.com/embed/XBPjVzSoepo"],
    ["http://player.example/1", "http://player.example/1"],
    ["javascript:alert(1)", null],
    ["data:text/html,x", null],
    ["https://meet.example/call/?roomId=x", null],
    ["/relative", null],
    ["", null],
  ])("of %j is %j", (url, expected) => {
    expect(embedUrl(url, own)).toBe(expected);
  });
});
