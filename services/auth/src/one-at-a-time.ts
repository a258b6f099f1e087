/** Runs the work of one command at a time, so that a repeat finds what the first one has done. */
export type OneAtATime = <Result>(
  commandId: string | undefined,
  work: () => Promise<Result>,
) => Promise<Result>;

/** Knows the commands of this process; those of others meet in the journal. */
export function oneAtATime(): OneAtATime {
  const latest = new Map<string, Promise<unknown>>();
  return async (commandId, work) => {
    if (commandId === undefined) return await work();
    const mine = Promise.allSettled([latest.get(commandId)]).then(work);
    latest.set(commandId, mine);
    try {
      return await mine;
    } finally {
      if (latest.get(commandId) === mine) latest.delete(commandId);
    }
  };
}
