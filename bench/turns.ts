/** Measures how long a clean-up of expired sign-ups blocks the event loop. Requests have to wait for that time. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createRegistrationCommit } from '../services/auth/src/ports/testing/commits.ts';
import { runSignUpCleanupPass, type SignUpCleanupScope } from '../services/auth/src/sign-up/cleanup.ts';
import { DAY_MS, openTestWorld, type TestWorld } from '../services/auth/src/testing/world.ts';
import { type Benchmark, type BenchmarkFigure, createAtMostTarget } from './support/benchmark.ts';

const SIGN_UPS = 100_000;
/** How many sign-ups are written, and flushed to disk, together. */
const BATCH = 500;
const NS_PER_MS = 1e6;

async function addSignUps({ deps }: TestWorld): Promise<void> {
  const at = deps.now().toISOString();
  for (let from = 0; from < SIGN_UPS; from += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, n) =>
      deps.journal.append(createRegistrationCommit(`${from + n}@example.com`, { at })),
    );
    await Promise.all(batch);
  }
}

/**
 * Runs one clean-up.
 * @returns the longest time for which the event loop was blocked, in ms
 */
async function longestTurn({ deps }: TestWorld, scope: SignUpCleanupScope): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await runSignUpCleanupPass(deps, { scope });
  delay.disable();
  return delay.max / NS_PER_MS;
}

async function run(): Promise<readonly BenchmarkFigure[]> {
  const world = await openTestWorld();
  try {
    await addSignUps(world);
    const target = createAtMostTarget(50, 'ms');
    const all = await longestTurn(world, 'all');
    const due = await longestTurn(world, 'due');
    world.advance(8 * DAY_MS);
    const expired = await longestTurn(world, 'due');
    return [
      { what: 'a look at all, none of them due', unit: 'ms', measured: all, target },
      { what: 'a look at those that are due, none', unit: 'ms', measured: due, target },
      { what: 'all of them expire', unit: 'ms', measured: expired, target },
    ];
  } finally {
    await world.close();
  }
}

export const eventLoopTurnBenchmark: Benchmark = {
  name: 'turns',
  title: `Longest turn of the event loop while ${SIGN_UPS.toLocaleString('en')} sign-ups are swept`,
  method:
    'The sweep runs in this process, on the embedded store; perf_hooks measures the delay of the event loop.',
  run,
};
