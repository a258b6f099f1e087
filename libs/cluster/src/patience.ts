/** Waiting for what comes by itself. */
import { setTimeout as pause } from 'node:timers/promises';
import { KafkaUnavailableError } from '@latchkey/bus/kafka';
import { MongoFailure } from '@latchkey/mongo';
import type { Logger } from '@latchkey/process';

const RETRY_MS = 500;
/** Servers that start together with us are not worth a word. */
const QUIET_MS = 2000;

/** Whether an error, or what caused it, passes once a server is back. */
export function passes(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof MongoFailure || error instanceof KafkaUnavailableError || passes(error.cause);
}

export interface Patience {
  /** What is waited for, as the log names it. */
  readonly name: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Told of each failure that passes; undefined once it has passed. */
  onWaiting?(reason: string | undefined): void;
}

/**
 * Tries until it works. One line in the log when the wait begins, one when it is over.
 * @throws what does not pass; the signal's reason once it is aborted
 */
export async function patiently<T>(attempt: () => Promise<T>, patience: Patience): Promise<T> {
  const { name, logger, signal, onWaiting = () => undefined } = patience;
  const began = performance.now();
  let told = false;
  while (true) {
    try {
      const result = await attempt();
      onWaiting(undefined);
      if (told) logger.info({ waitingFor: name }, `the wait for ${name} is over`);
      return result;
    } catch (error) {
      if (!passes(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      onWaiting(reason);
      if (!told && performance.now() - began >= QUIET_MS) {
        told = true;
        logger.warn({ waitingFor: name, reason }, `waiting for ${name}`);
      }
    }
    await pause(RETRY_MS, undefined, { signal });
  }
}
