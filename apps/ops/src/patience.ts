import { isOutage } from '@latchkey/cluster/outage';
import { retry } from '@latchkey/process/loop';
import type { CommandContext } from './context.ts';

const RETRY_MS = 500;
/**
 * How long to retry before the wait is reported, or before a command that does not wait gives up, in ms. This is enough
 * for a server that is just starting, or a connection that is just being opened.
 */
const GRACE_MS = 3000;
const REPORT_EVERY_MS = 30_000;

/**
 * Retries until the server can be reached, and reports the wait. If the context does not wait, gives up after three
 * seconds.
 * @throws any other error immediately; the outage if the context does not wait
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
      when: (error) => isOutage(error) && (waits || performance.now() - startedAt < GRACE_MS),
      onFailure(error) {
        if (performance.now() < reportAt) return;
        note(`waiting for ${server}: ${error instanceof Error ? error.message : String(error)}`);
        reportAt = performance.now() + REPORT_EVERY_MS;
      },
    },
    attempt,
  );
}
