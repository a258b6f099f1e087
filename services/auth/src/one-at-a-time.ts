/**
 * Runs a command's work once no other work of the same command is running, so that a repeat finds the result of the
 * first run.
 */
export type CommandRunner = <Result>(
  commandId: string | undefined,
  work: () => Promise<Result>,
) => Promise<Result>;

/**
 * Returns a runner that runs equal commands of this process one at a time. If a command is repeated in another process,
 * the journal recognises the repeat.
 */
export function createCommandRunner(): CommandRunner {
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
