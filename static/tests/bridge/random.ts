// Values as a hostile page could send them, the same ones in every run.

/** Numbers from 0 to below 1 (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WORDS = [
  "",
  "hello",
  "request",
  "meet-bridge",
  "__proto__",
  "constructor",
  "x".repeat(70),
  "ab".repeat(16),
];

/** Anything that structured cloning can bring. */
export function anything(random: () => number, depth = 0): unknown {
  const choices: (() => unknown)[] = [
    () => undefined,
    () => null,
    () => random() < 0.5,
    () => [0, -1, 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -0][Math.floor(random() * 8)],
    () => WORDS[Math.floor(random() * WORDS.length)],
    () => 10n,
    () => new Date(Number.NaN),
    () => new Map([["type", "hello"]]),
    () => new Uint8Array(3),
    () => Array.from({ length: Math.floor(random() * 4) }, () => anything(random, depth + 1)),
    () =>
      Object.fromEntries(
        Array.from({ length: Math.floor(random() * 4) }, () => [
          WORDS[Math.floor(random() * WORDS.length)],
          anything(random, depth + 1),
        ]),
      ),
  ];
  const scalars = depth > 3 ? 6 : choices.length;
  return choices[Math.floor(random() * scalars)]?.();
}

/** `message` with some of its fields replaced by anything, left out, or joined by others. */
export function damaged(message: object, random: () => number): unknown {
  const found: Record<string, unknown> = { ...message };
  for (const field of Object.keys(found)) {
    if (random() < 0.35) found[field] = anything(random);
    if (random() < 0.15) delete found[field];
  }
  if (random() < 0.3) found[WORDS[Math.floor(random() * WORDS.length)] ?? ""] = anything(random);
  return found;
}
