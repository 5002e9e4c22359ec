import { describe, expect, it } from "vitest";
import { constraintsFor, DeviceAccess, devicesOf, isCancelled, mediaErrorOf } from "../../src/rtc/devices";
import { domError, FakeMediaDevices } from "../fakes/mediaDevices";

const info = (kind: MediaDeviceKind, deviceId: string, label = deviceId) =>
  ({ kind, deviceId, label }) as MediaDeviceInfo;

class FakeStorage {
  readonly items = new Map<string, string>();
  getItem = (key: string) => this.items.get(key) ?? null;
  setItem = (key: string, value: string) => void this.items.set(key, value);
}

const forbidden = () => {
  throw domError("SecurityError");
};

describe("an error of getUserMedia", () => {
  it.each([
    ["NotAllowedError", "denied"],
    ["SecurityError", "denied"],
    ["NotFoundError", "missing"],
    ["OverconstrainedError", "missing"],
    ["NotReadableError", "busy"],
    ["AbortError", "busy"],
    ["TypeError", "failed"],
  ])("%s means %s", (name, expected) => {
    expect(mediaErrorOf(domError(name))).toBe(expected);
  });

  it("is none when the choice of screens was closed", () => {
    const closed = domError("NotAllowedError", "Permission denied");
    expect(isCancelled(closed, "screen")).toBe(true);
    expect(isCancelled(closed, "camera")).toBe(false);
    expect(isCancelled(domError("NotAllowedError", "Permission denied by system"), "screen")).toBe(false);
    const policy = 'Access to the feature "display-capture" is disallowed by permissions policy.';
    expect(isCancelled(domError("NotAllowedError", policy), "screen")).toBe(false);
  });
});

describe("the list of devices", () => {
  const infos = [
    info("audioinput", "m1"),
    info("audioinput", "communications"),
    info("audioinput", "m2"),
    info("videoinput", "c1"),
    info("videoinput", ""), // no permission yet
    info("audiooutput", "s1"),
  ];

  it("holds what can be chosen, by kind", () => {
    const devices = devicesOf(infos, { microphone: null, camera: null, speaker: null });
    expect(devices.microphone.map(({ id }) => id)).toEqual(["m1", "m2"]);
    expect(devices.camera).toEqual([{ id: "c1", label: "c1" }]);
    expect(devices.selected).toEqual({ microphone: "m1", camera: "c1", speaker: "s1" });
  });

  it("keeps to what was chosen as long as it is there", () => {
    const { selected } = devicesOf(infos, { microphone: "m2", camera: "unplugged", speaker: null });
    expect(selected).toEqual({ microphone: "m2", camera: "c1", speaker: "s1" });
    expect(devicesOf([], { microphone: "m2", camera: null, speaker: null }).selected.microphone).toBeNull();
  });
});

describe("capturing", () => {
  it("asks for the chosen device first, then for any, then without wishes", () => {
    const asked = constraintsFor("camera", "c2").map(({ video }) => video);
    expect(asked[0]).toMatchObject({ deviceId: { exact: "c2" }, width: { ideal: 1280 } });
    expect(asked[1]).not.toHaveProperty("deviceId");
    expect(asked[2]).toBe(true);
    expect(constraintsFor("microphone", null)).toHaveLength(2);
  });

  it("turns the camera before all else, keeps to what it got, and forgets the turn for a chosen one", async () => {
    const api = new FakeMediaDevices();
    const storage = new FakeStorage();
    const access = new DeviceAccess(api, () => storage);
    access.choose("camera", "c1");
    access.face("environment");
    await access.capture("camera");
    expect(api.asked.at(-1)?.video).toMatchObject({ facingMode: { exact: "environment" } });
    expect(storage.items.get("meet.devices")).toContain("c1"); // the next meeting begins as this one did
    access.choose("camera", "c2");
    await access.capture("camera");
    expect(api.asked.at(-1)?.video).toMatchObject({ deviceId: { exact: "c2" } });
  });

  it("of a screen is missing where a browser knows none", async () => {
    const api = new FakeMediaDevices();
    Object.assign(api, { getDisplayMedia: undefined });
    const error = await new DeviceAccess(api, forbidden).captureScreen().catch((reason) => reason);
    expect(mediaErrorOf(error)).toBe("missing");
  });

  it("falls back when the chosen device is gone", async () => {
    const api = new FakeMediaDevices();
    api.failures.push(domError("OverconstrainedError"));
    const access = new DeviceAccess(api, () => new FakeStorage());
    access.choose("camera", "c2");
    expect((await access.capture("camera")).kind).toBe("video");
    expect(api.asked).toHaveLength(2);
  });

  it("tells the first reason when nothing helps", async () => {
    const api = new FakeMediaDevices();
    api.failures.push(domError("NotReadableError"), domError("NotFoundError"));
    const error = await new DeviceAccess(api, forbidden).capture("microphone").catch((reason) => reason);
    expect(mediaErrorOf(error)).toBe("busy");
  });

  it("does not ask twice after a no", async () => {
    const api = new FakeMediaDevices();
    api.failures.push(domError("NotAllowedError"));
    await expect(new DeviceAccess(api, forbidden).capture("camera")).rejects.toThrow();
    expect(api.asked).toHaveLength(1);
  });

  it("is not possible on an insecure page", async () => {
    const access = new DeviceAccess(undefined, forbidden);
    expect(mediaErrorOf(await access.capture("camera").catch((reason) => reason))).toBe("insecure");
    expect((await access.list()).camera).toEqual([]);
  });

  it("of a screen asks for sharp text, and takes its sound along", async () => {
    const api = new FakeMediaDevices();
    const access = new DeviceAccess(api, forbidden);
    const { video, audio } = await access.captureScreen();
    expect([video.contentHint, audio?.kind]).toEqual(["detail", "audio"]);
    api.screenWithSound = false;
    expect((await access.captureScreen()).audio).toBeNull();
  });
});

describe("the choice", () => {
  it("is remembered by the browser", async () => {
    const storage = new FakeStorage();
    const api = new FakeMediaDevices();
    api.infos = [info("audioinput", "m1"), info("audioinput", "m2")];
    new DeviceAccess(api, () => storage).choose("microphone", "m2");
    const later = new DeviceAccess(api, () => storage);
    expect((await later.list()).selected.microphone).toBe("m2");
    await later.capture("microphone");
    expect(api.asked[0]?.audio).toMatchObject({ deviceId: { exact: "m2" } });
  });

  it.each(["nonsense", "null", '{"microphone":7}', "[]"])("survives %j in the storage", async (stored) => {
    const storage = new FakeStorage();
    storage.setItem("meet.devices", stored);
    const api = new FakeMediaDevices();
    api.infos = [info("audioinput", "m1")];
    expect((await new DeviceAccess(api, () => storage).list()).selected.microphone).toBe("m1");
  });

  it("holds for this page where nothing may be stored", async () => {
    const api = new FakeMediaDevices();
    api.infos = [info("audioinput", "m1"), info("audioinput", "m2")];
    const access = new DeviceAccess(api, forbidden);
    access.choose("microphone", "m2");
    expect((await access.list()).selected.microphone).toBe("m2");
  });
});
