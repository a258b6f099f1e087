import { isServerOutageError } from '@latchkey/cluster/outage';
import { retry } from '@latchkey/process/loop';
import type { CommandContext } from './context.ts';

const RETRY_MS = 500;
/**
 * How long a command retries silently while a server is unreachable, in ms. After this time, the command
 * prints that it is waiting or, with `--no-wait`, fails. A server that is starting usually becomes
 * reachable within this time.
 */
const GRACE_MS = 3000;
const REPORT_EVERY_MS = 30_000;

/**
 * Retries while the server cannot be reached, and tells the operator that the command is waiting. With `--no-wait`,
 * gives up after three seconds.
 * @throws the connection error, when it gives up; any other error immediately
 */
export function retryUntilReachable<T>(
  { waits, note }: Pick<CommandContext, 'waits' | 'note'>,
  server: string,
  attempt: () => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  let reportAt = startedAt + GRACE_MS;
  return retry(
    {
      least: RETRY_MS,
      most: RETRY_MS,
      when: (error) => isServerOutageError(error) && (waits || performance.now() - startedAt < GRACE_MS),
      onFailure(error) {
        if (performance.now() < reportAt) return;
        note(`waiting for ${server}: ${error instanceof Error ? error.message : String(error)}`);
        reportAt = performance.now() + REPORT_EVERY_MS;
      },
    },
    attempt,
  );
}
