import type { Logger } from '@latchkey/process';
import { retry } from '@latchkey/process/loop';
import { isServerOutageError } from './outage.ts';

const RETRY_MS = 500;
/**
 * A wait is logged only if it takes longer than this, in ms. Servers that start together with this process
 * usually become available earlier.
 */
const QUIET_MS = 2000;

export interface WaitForServersOptions {
  /** The name of the server, for log lines. */
  readonly name: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Called after each attempt: with the reason if the attempt failed, and with undefined if it succeeded. */
  onWaiting?(reason: string | undefined): void;
}

/**
 * Repeats an attempt until servers are available. Logs one line when the wait begins, and one when it ends.
 * @throws any error that is not an outage; once `signal` is aborted, its reason
 */
export async function waitForServers<T>(
  attempt: () => Promise<T>,
  options: WaitForServersOptions,
): Promise<T> {
  const { name, logger, signal, onWaiting } = options;
  const began = performance.now();
  let logged = false;

  function onFailure(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    onWaiting?.(reason);
    if (logged || performance.now() - began < QUIET_MS) return;
    logged = true;
    logger.warn({ waitingFor: name, reason }, `waiting for ${name}`);
  }

  const result = await retry(
    { least: RETRY_MS, most: RETRY_MS, when: isServerOutageError, signal, onFailure },
    attempt,
  );
  onWaiting?.(undefined);
  if (logged) logger.info({ waitingFor: name }, `the wait for ${name} is over`);
  return result;
}
