/**
 * Runs the work of a command after all earlier work with the same command id has finished. A repeated command
 * therefore finds the result of the first command.
 */
export type OneAtATimeRunner = <Result>(
  commandId: string | undefined,
  work: () => Promise<Result>,
) => Promise<Result>;

/**
 * Creates a runner that serializes commands with the same id within this process. If another process runs the
 * same command, the journal detects the repeat.
 */
export function createOneAtATimeRunner(): OneAtATimeRunner {
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
