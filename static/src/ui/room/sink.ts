/** Whether this browser lets a page choose where sound goes. */
export function canChooseSpeaker(): boolean {
  return "setSinkId" in HTMLMediaElement.prototype;
}

/** Send an element's sound to a speaker; null for the system's choice. A speaker that is gone changes nothing. */
export async function sendTo(element: HTMLMediaElement, speakerId: string | null): Promise<void> {
  if (!canChooseSpeaker() || element.sinkId === (speakerId ?? "")) return;
  try {
    await element.setSinkId(speakerId ?? "");
  } catch {
    // Unplugged meanwhile, or not allowed: the sound stays where it was.
  }
}
