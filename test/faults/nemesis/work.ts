/** Counts the work in progress at each target of faults, so that a run knows what a fault has hit. */

export interface WorkCounter {
  /**
   * Counts one piece of work as in progress until the returned function is called. Calling the returned
   * function again has no effect.
   */
  begin(): () => void;
  /**
   * Starts to count the work at this target.
   * @returns a function that returns how many pieces of work have been in progress at any time since the call
   * of `watch`
   */
  watch(): () => number;
}

/** Returns the counter of a target by its name, for example `auth-1`, `broker-2`, `mongodb` or `smtp`. */
export type GetWorkCounter = (target: string) => WorkCounter;

export function createWorkCounters(): GetWorkCounter {
  const counters = new Map<string, WorkCounter>();
  return (target) => {
    const counter = counters.get(target) ?? createWorkCounter();
    counters.set(target, counter);
    return counter;
  };
}

function createWorkCounter(): WorkCounter {
  let begun = 0;
  let ended = 0;
  return {
    begin() {
      begun += 1;
      let isOpen = true;
      return () => {
        if (isOpen) ended += 1;
        isOpen = false;
      };
    },
    watch() {
      const endedBefore = ended;
      return () => begun - endedBefore;
    },
  };
}

/** Counts one piece of work as in progress at two targets, until the returned function is called. */
export function countWorkAtBothTargets(one: WorkCounter, other: WorkCounter): () => void {
  const ends = [one.begin(), other.begin()];
  return () => {
    for (const end of ends) end();
  };
}

/** Counts the work that one fault hits. Counting begins before the fault. */
export interface FaultHitCounter {
  /** Tells the counter that the fault begins. Must be called at the moment when it begins. */
  begun(): void;
  /**
   * Stops counting. Must be called before the fault is healed.
   * @returns how many pieces of work the fault has hit
   */
  end(): number | Promise<number>;
}

/**
 * Counts the work that is in progress when a fault begins. Used for faults that end all work of their target
 * immediately.
 */
export function countWorkAtBeginning(counter: WorkCounter): FaultHitCounter {
  const count = counter.watch();
  let hits = 0;
  return {
    begun: () => {
      hits = count();
    },
    end: () => hits,
  };
}

/** Counts the work that is in progress at any time while a fault lasts. */
export function countWorkThroughout(counter: WorkCounter): FaultHitCounter {
  const count = counter.watch();
  return { begun: () => undefined, end: count };
}

/**
 * Samples an amount of work until the fault is healed. The result is the largest sample.
 * @param sample returns the current amount; if it rejects, the amount is unknown, and counts as 0
 */
export function countWorkBySamples(sample: () => Promise<number>, everyMs: number): FaultHitCounter {
  let most = 0;
  let sampling: Promise<void> | undefined;
  function sampleOnce(): Promise<void> {
    sampling ??= sample()
      .then((amount) => {
        most = Math.max(most, amount);
      })
      .catch(() => undefined)
      .finally(() => {
        sampling = undefined;
      });
    return sampling;
  }
  let timer: NodeJS.Timeout | undefined;
  return {
    begun: () => {
      timer = setInterval(() => void sampleOnce(), everyMs);
    },
    end: async () => {
      clearInterval(timer);
      await sampleOnce();
      return most;
    },
  };
}

/** Combines several hit counts into one count of their sum. */
export function sumHitCounts(...counts: readonly FaultHitCounter[]): FaultHitCounter {
  return {
    begun: () => {
      for (const count of counts) count.begun();
    },
    end: async () =>
      (await Promise.all(counts.map((count) => count.end()))).reduce((sum, hits) => sum + hits, 0),
  };
}
