// What a person must allow before a camera or a microphone gives anything. Android has `permissions.android.ts`.

export interface Allowed {
  mic: boolean;
  camera: boolean;
}

/** Asks where the system wants that; iOS asks by itself as soon as a device is used. */
export async function askForDevices(): Promise<Allowed> {
  return { mic: true, camera: true };
}
