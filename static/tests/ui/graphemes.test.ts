import { describe, expect, it } from "vitest";
import { MAX_MESSAGE_LENGTH, messageText } from "../../src/ui/logic/chat";
import { clusters, isVisible, shortened } from "../../src/ui/logic/graphemes";
import { initials, nameProblem } from "../../src/ui/logic/names";

const CODER = "👩\u200d💻";

describe("what people see as one character", () => {
  it("is one, whatever it is made of", () => {
    expect(clusters(`a${CODER}🇩🇪`)).toEqual(["a", CODER, "🇩🇪"]);
    expect(nameProblem(CODER.repeat(64))).toBeNull();
    expect(nameProblem(CODER.repeat(65))).toBe("welcome.nameTooLong");
    expect(initials(CODER)).toBe(CODER);
  });

  it("is not torn apart at the end of a message", () => {
    const start = "x".repeat(MAX_MESSAGE_LENGTH - 2);
    expect(messageText(start + CODER)).toBe(start);
    expect(messageText(`${start}🙂`)).toBe(`${start}🙂`);
    expect(shortened("abc", 2)).toBe("ab");
  });

  it.each(["\u200b", "\ufeff", "\u3164", "\u2800", " \u0301"])("is nothing in %j", (text) => {
    expect(isVisible(text)).toBe(false);
    expect(messageText(text)).toBeNull();
    expect(nameProblem(text)).toBe("welcome.nameMissing");
  });
});
