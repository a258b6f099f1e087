/** Runs only one piece of work per key at a time, for example per account. */
export interface KeyedMutex {
  /** Runs the work once all earlier work with this key has ended, successfully or not. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/**
 * Creates a mutex for one subscription. Other members of the group do not share it, so they may handle the
 * same account at the same time.
 */
export function createKeyedMutex(): KeyedMutex {
  const last = new Map<string, Promise<unknown>>();

  return {
    async run(key, work) {
      const before = last.get(key);
      const turn = before === undefined ? work() : before.then(work, work);
      last.set(key, turn);
      try {
        return await turn;
      } finally {
        if (last.get(key) === turn) last.delete(key);
      }
    },
  };
}
