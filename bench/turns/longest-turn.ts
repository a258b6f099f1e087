import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { type Database, openDatabase } from '@latchkey/sqlite';
import { type BenchmarkFigure, createAtMostTarget } from '../support/benchmark.ts';

/** The number of rows that a sweep has to remove, or of accounts that a command has to read. */
export const ROWS = 100_000;
const MAX_TURN_MS = 50;
const NS_PER_MS = 1e6;

/**
 * Runs `work` once.
 * @returns the longest time for which the event loop of this process was blocked meanwhile, in ms
 */
export async function measureLongestTurn(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await nextSample(delay);
  await work();
  await nextSample(delay);
  delay.disable();
  return delay.max / NS_PER_MS;
}

/** Waits until the delay has been sampled: otherwise a turn that has just ended would not be included. */
async function nextSample(delay: ReturnType<typeof monitorEventLoopDelay>): Promise<void> {
  const before = delay.count;
  while (delay.count === before) await setImmediate();
}

export function turnFigure(what: string, measured: number): BenchmarkFigure {
  return { what, unit: 'ms', measured, target: createAtMostTarget(MAX_TURN_MS, 'ms') };
}

const BATCH = 1000;

/** Calls `add` with ROWS items that `create` returns, many at a time, so that they share commits and flushes to disk. */
export async function fillInBatches<T>(
  create: (index: number) => T,
  add: (items: readonly T[]) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < ROWS; from += BATCH)
    await add(Array.from({ length: BATCH }, (_, n) => create(from + n)));
}

/** Opens an embedded database in a folder that is deleted afterwards. */
export async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'));
  const database = openDatabase({ folder, as: 'server' });
  try {
    return await work(database);
  } finally {
    await database.close();
    await rm(folder, { recursive: true });
  }
}
