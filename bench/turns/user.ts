/** Measures the longest turns of the event loop while the user service and the log delete old data. */
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { applyProfileEvent } from '../../services/user/src/profile/project.ts';
import { toStoredAccount } from '../../services/user/src/profile/stored-account.ts';
import { openSqliteUserStorage } from '../../services/user/src/storage/sqlite/index.ts';
import { createTestHistory } from '../../services/user/src/testing/history.ts';
import type { BenchmarkFigure } from '../support/benchmark.ts';
import {
  addItemsInBatches,
  createEventLoopTurnFigures,
  measureLongestEventLoopTurn,
  withTemporaryDatabase,
} from './longest-turn.ts';

const TOPIC = { name: 'bench', partitions: 12, retentionMs: 1 };
const RECORD_BYTES = 500;
/** The number of a generation (a copy of the read model) that is not the active one. */
const GENERATION = 2;

export async function measureTurnsOfUserService(): Promise<readonly BenchmarkFigure[]> {
  return [...(await measureClearedGeneration()), ...(await measureLogRetention())];
}

function measureClearedGeneration(): Promise<readonly BenchmarkFigure[]> {
  return withTemporaryDatabase(async (database) => {
    const { generations, profilesOf } = openSqliteUserStorage({ database });
    await generations.prepare(GENERATION);
    const profiles = profilesOf(GENERATION);
    await addItemsInBatches(
      (n) => toStoredAccount(applyProfileEvent(undefined, createTestHistory(`person${n}`).registered())),
      profiles.save,
    );
    const longest = await measureLongestEventLoopTurn(() => generations.clear(GENERATION));
    return createEventLoopTurnFigures('profiles: a generation is cleared', longest);
  });
}

function measureLogRetention(): Promise<readonly BenchmarkFigure[]> {
  return withTemporaryDatabase(async (database) => {
    const bus = createEmbeddedBus({ database });
    await bus.ensureTopics([TOPIC]);
    const value = Buffer.alloc(RECORD_BYTES);
    await addItemsInBatches(
      (n) => ({ key: `${n}`, value, headers: {} }),
      (records) => bus.publish(TOPIC.name, records),
    );
    const longest = await measureLongestEventLoopTurn(() => bus.sweep());
    const kept = bus.topics().reduce((sum, { records }) => sum + records, 0);
    await bus.close();
    if (kept > 0) throw new Error(`${kept} records are left`);
    return createEventLoopTurnFigures('log: all records are past their retention', longest);
  });
}
