/** Who was told that the server is busy comes again by itself within so many seconds, and not all at the same time. */
const BUSY_AGAIN_S = { least: 30, most: 60 };

/** In how many whole seconds to try again by itself where the server was too busy. `random` is from 0 to 1. */
export function busyAgainS(random: number): number {
  return Math.round(BUSY_AGAIN_S.least + random * (BUSY_AGAIN_S.most - BUSY_AGAIN_S.least));
}
