import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '@latchkey/sqlite';
import { type BenchmarkFigure, createMaxTarget } from '../support/benchmark.ts';
import { type LongestEventLoopTurn, startEventLoopTurnMeter } from './turn-meter.ts';

/** The number of rows that a clean-up removes, and of accounts that a command for operators reads. */
export const ROW_COUNT = Number(process.env['TURNS_ROWS'] ?? 100_000);
const MAX_TURN_MS = 50;

/**
 * Runs `work` once.
 * @returns the longest turn of this process's event loop during the run
 */
export async function measureLongestEventLoopTurn(
  work: () => Promise<unknown>,
): Promise<LongestEventLoopTurn> {
  const meter = startEventLoopTurnMeter();
  try {
    await meter.settled();
    meter.longest();
    await work();
    await meter.settled();
    return meter.longest();
  } finally {
    meter.stop();
  }
}

/** Returns two figures about the longest turn of the event loop in a situation: its CPU time and its elapsed time. */
export function createEventLoopTurnFigures(
  what: string,
  { cpu, elapsed }: LongestEventLoopTurn,
): readonly BenchmarkFigure[] {
  const target = createMaxTarget(MAX_TURN_MS, 'ms');
  return [
    { what: `${what}: CPU time`, unit: 'ms', measured: cpu, target },
    { what: `${what}: elapsed time`, unit: 'ms', measured: elapsed, target },
  ];
}

const BATCH = 1000;

/**
 * Creates ROW_COUNT items with `create` and passes them to `add`, many items at a time, so that these items share
 * commits and flushes to disk.
 */
export async function addItemsInBatches<T>(
  create: (index: number) => T,
  add: (items: readonly T[]) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < ROW_COUNT; from += BATCH)
    await add(Array.from({ length: Math.min(BATCH, ROW_COUNT - from) }, (_, n) => create(from + n)));
}

/** Calls `work` with an embedded database in a temporary folder, which is deleted afterwards. */
export async function withTemporaryDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'));
  const database = openDatabase({ folder, as: 'server' });
  try {
    return await work(database);
  } finally {
    await database.close();
    await rm(folder, { recursive: true });
  }
}
