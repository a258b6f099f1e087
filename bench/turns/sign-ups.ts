/** Measures the longest turn of the event loop while auth cleans up unverified sign-ups. */
import { createRegistrationCommit } from '../../services/auth/src/ports/testing/commits.ts';
import { runSignUpCleanupPass, type SignUpCleanupScope } from '../../services/auth/src/sign-up/cleanup.ts';
import { DAY_MS, openTestWorld } from '../../services/auth/src/testing/world.ts';
import type { BenchmarkFigure } from '../support/benchmark.ts';
import {
  addItemsInBatches,
  createEventLoopTurnFigures,
  measureLongestEventLoopTurn,
} from './longest-turn.ts';
import type { LongestEventLoopTurn } from './turn-meter.ts';

export async function measureTurnsOfSignUpCleanup(): Promise<readonly BenchmarkFigure[]> {
  const { deps, advance, close } = await openTestWorld();
  function sweep(scope: SignUpCleanupScope): Promise<LongestEventLoopTurn> {
    return measureLongestEventLoopTurn(() => runSignUpCleanupPass(deps, { scope }));
  }
  try {
    const at = deps.now().toISOString();
    await addItemsInBatches(
      (n) => createRegistrationCommit(`${n}@example.com`, { at }),
      (commits) => Promise.all(commits.map((commit) => deps.journal.append(commit))),
    );
    const all = await sweep('all');
    const due = await sweep('due');
    advance(8 * DAY_MS);
    return [
      ...createEventLoopTurnFigures('sign-ups: all are looked at, none is due', all),
      ...createEventLoopTurnFigures('sign-ups: those that are due, none', due),
      ...createEventLoopTurnFigures('sign-ups: all expire', await sweep('due')),
    ];
  } finally {
    await close();
  }
}
