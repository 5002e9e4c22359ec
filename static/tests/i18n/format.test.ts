import { describe, expect, it } from "vitest";
import { format } from "../../src/i18n/format";
import { t, tDynamic } from "../../src/i18n/room";

describe("format", () => {
  it("puts values in, and leaves what it doesn't know visible", () => {
    expect(format("{name} of {room}", { name: "Ada" }, "en")).toBe("Ada of {room}");
  });

  it("chooses the form by the language's own rules", () => {
    const people = {
      one: "{count} участник",
      few: "{count} участника",
      many: "{count} участников",
      other: "?",
    };
    expect(format(people, { count: 1 }, "ru")).toBe("1 участник");
    expect(format(people, { count: 3 }, "ru")).toBe("3 участника");
    expect(format(people, { count: 11 }, "ru")).toBe("11 участников");
  });

  it("does not read values as messages", () => {
    expect(format("{name}", { name: "{room}", room: "x" }, "en")).toBe("{room}");
  });
});

describe("t", () => {
  it("speaks English to begin with", () => {
    expect(t("room.participants", { count: 1 })).toBe("1 participant");
    expect(t("room.participants", { count: 100 })).toBe("100 participants");
  });

  it("falls back where somebody else's key is unknown", () => {
    expect(tDynamic("no.such.key", {}, "notice.unknown")).toBe(t("notice.unknown"));
    expect(tDynamic("toString", {}, "notice.unknown")).toBe(t("notice.unknown"));
  });
});
