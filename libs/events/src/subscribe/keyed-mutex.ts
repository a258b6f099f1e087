/** Runs work on one account at a time. */
export interface KeyedMutex {
  /** Starts the work once all earlier work for this key has ended, even if it failed. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/** Creates a mutex. It works only within a subscription: other members of the group are not excluded. */
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
