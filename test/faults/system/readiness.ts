/** Polls /readyz of a process during a fault, and records what it reports. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Readiness } from '../run-folder.ts';

const EVERY_MS = 250;
const PATIENCE_MS = 1_000;

interface Answer {
  readonly state: string;
  readonly dependencies: readonly {
    readonly name: string;
    readonly state: string;
    readonly detail?: string;
  }[];
}

/**
 * Polls the endpoint /readyz of a process.
 * @param operations the base URL of /readyz
 * @returns a function that ends the watch, and returns what it has seen
 */
export function watchReadiness(operations: string): () => Promise<Readiness> {
  const stopping = new AbortController();
  const down = new Set<string>();
  let answeredSince: number | undefined;
  let answeredMs = 0;

  async function look(): Promise<void> {
    const answer = await ask(operations);
    const now = performance.now();
    if (answer === undefined || answer.state === 'starting') {
      answeredSince = undefined;
      return;
    }
    answeredSince ??= now;
    answeredMs = Math.max(answeredMs, now - answeredSince);
    for (const { name, state, detail } of answer.dependencies)
      if (state === 'down') down.add(`${name}: ${detail}`);
  }

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      await look();
      await sleep(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  const watching = watch();
  return async () => {
    stopping.abort();
    await watching;
    return { answeredMs: Math.round(answeredMs), down: [...down].toSorted() };
  };
}

/** Requests /readyz of a process. @returns the report; undefined if there is no response */
async function ask(operations: string): Promise<Answer | undefined> {
  try {
    const response = await fetch(`${operations}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const answer: Answer = JSON.parse(await response.text());
    return answer;
  } catch {
    return undefined;
  }
}
