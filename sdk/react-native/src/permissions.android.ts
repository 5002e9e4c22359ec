// What a person must allow before a camera or a microphone gives anything, on Android.

import { PermissionsAndroid } from "react-native";
import type { Allowed } from "./permissions";

export async function askForDevices(): Promise<Allowed> {
  const { CAMERA, RECORD_AUDIO } = PermissionsAndroid.PERMISSIONS;
  const answers = await PermissionsAndroid.requestMultiple([CAMERA, RECORD_AUDIO]);
  const { GRANTED } = PermissionsAndroid.RESULTS;
  return { mic: answers[RECORD_AUDIO] === GRANTED, camera: answers[CAMERA] === GRANTED };
}
