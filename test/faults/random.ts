/** Reproducible random numbers: the same seed gives the same choices. */

export interface RandomGenerator {
  /** Returns a random number in [0, 1). */
  next(): number;
  /** Returns a random integer in [least, most]. */
  whole(least: number, most: number): number;
  /** Returns a random number in [least, most). */
  between(least: number, most: number): number;
  chance(share: number): boolean;
  /** Returns a random item of the list, which must not be empty. */
  pick<T>(some: readonly T[]): T;
  shuffled<T>(all: readonly T[]): readonly T[];
}

/**
 * Creates a generator of pseudo-random numbers by the algorithm Mulberry32, which is short and good enough
 * for tests.
 * @param seed an integer; only its lower 32 bits are used
 */
export function createRandomGenerator(seed: number): RandomGenerator {
  let state = seed >>> 0;

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  function whole(least: number, most: number): number {
    return least + Math.floor(next() * (most - least + 1));
  }

  return {
    next,
    whole,
    between: (least, most) => least + next() * (most - least),
    chance: (share) => next() < share,
    pick<T>(some: readonly T[]): T {
      if (some.length === 0) throw new RangeError('there is nothing to pick from');
      return some[whole(0, some.length - 1)] as T;
    },
    shuffled(all) {
      const keyed = all.map((one) => ({ one, key: next() }));
      return keyed.sort((a, b) => a.key - b.key).map(({ one }) => one);
    },
  };
}
