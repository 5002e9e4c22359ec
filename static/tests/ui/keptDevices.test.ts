import { expect, it } from "vitest";
import type { LocalSource, MeetingState } from "../../src/store/types";
import { keepDevices, keptDevices } from "../../src/ui/logic/keptDevices";

const source = (status: LocalSource["status"]): LocalSource => ({ status, stream: null, error: null });

function storage(): () => Storage {
  const items = new Map<string, string>();
  const made = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
  return () => made as unknown as Storage;
}

const state = (phase: MeetingState["phase"], mic: LocalSource["status"], camera: LocalSource["status"]) => ({
  phase,
  roomId: "team42",
  local: { mic: source(mic), camera: source(camera), screen: source("off"), screenAudio: source("off") },
});

it("a page that is loaded anew while muted offers what was on", () => {
  const kept = storage();
  keepDevices(state("joined", "off", "on"), kept);
  expect(keptDevices("team42", kept)).toEqual({ mic: false, camera: true });
  expect(keptDevices("another", kept)).toEqual({ mic: true, camera: true });
});

it("after leaving everything is offered anew", () => {
  const kept = storage();
  keepDevices(state("reconnecting", "off", "off"), kept);
  keepDevices(state("left", "off", "off"), kept);
  expect(keptDevices("team42", kept)).toEqual({ mic: true, camera: true });
});

it("without a storage, or with nonsense in it, everything is offered", () => {
  const none = () => {
    throw new DOMException("No.", "SecurityError");
  };
  keepDevices(state("joined", "off", "off"), none);
  expect(keptDevices("team42", none)).toEqual({ mic: true, camera: true });
  const kept = storage();
  kept().setItem("meet.devices", "{");
  expect(keptDevices("team42", kept)).toEqual({ mic: true, camera: true });
});
