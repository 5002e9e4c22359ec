// The sound that somebody is asked whether they hear: three notes, the last one longer.

const NOTES: readonly { hertz: number; atS: number; forS: number }[] = [
  { hertz: 523.25, atS: 0, forS: 0.35 },
  { hertz: 659.25, atS: 0.35, forS: 0.35 },
  { hertz: 783.99, atS: 0.7, forS: 0.9 },
];
const LOUDNESS = 0.25;

/** Plays it once; resolves when it is over. */
export async function playSound(context: AudioContext): Promise<void> {
  await context.resume();
  const beginsAt = context.currentTime + 0.05;
  const ends = NOTES.map(({ hertz, atS, forS }) => {
    const oscillator = new OscillatorNode(context, { frequency: hertz, type: "triangle" });
    const gain = new GainNode(context, { gain: 0 });
    oscillator.connect(gain).connect(context.destination);
    gain.gain.setValueAtTime(0, beginsAt + atS);
    gain.gain.linearRampToValueAtTime(LOUDNESS, beginsAt + atS + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, beginsAt + atS + forS);
    oscillator.start(beginsAt + atS);
    oscillator.stop(beginsAt + atS + forS);
    return new Promise((resolve) => oscillator.addEventListener("ended", resolve));
  });
  await Promise.all(ends);
}
