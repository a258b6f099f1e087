/**
 * Ends child processes together with the process of the test. Without this module, an interrupted test run
 * leaves servers behind, because the hooks that stop the servers do not run.
 */
import type { ChildProcess } from 'node:child_process';

/** Functions that each kill one child process that is still running. */
const running = new Set<() => unknown>();

process.once('exit', () => {
  for (const kill of running) kill();
});
// A signal that has no handler ends the process without the event `exit`, so install a handler that exits. If
// the program also has a handler, leave the end of the process to that handler.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.prependListener(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(1);
  });

/**
 * Kills a child process when the process of the test ends.
 * @param kill a function that kills the child process; needed only if the child has children of its own
 */
export function killWhenTestEnds(
  child: ChildProcess,
  kill: () => unknown = () => child.kill('SIGKILL'),
): void {
  running.add(kill);
  child.once('exit', () => running.delete(kill));
}
