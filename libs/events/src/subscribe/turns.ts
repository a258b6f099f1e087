/** Whose turn it is with an account: what is read on and what is read again has it in hand one after the other. */
export interface Turns {
  /** Begins the work once all that came before it for this account has ended. */
  take<T>(account: string, work: () => Promise<T>): Promise<T>;
}

/** Of one subscription. Other members of its group have turns of their own. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();

  return {
    async take(account, work) {
      const before = last.get(account);
      const turn = before === undefined ? work() : before.then(work, work);
      last.set(account, turn);
      try {
        return await turn;
      } finally {
        if (last.get(account) === turn) last.delete(account);
      }
    },
  };
}
