/** Measures the longest turns of the event loop while the notifier handles many deliveries at once. */
import { randomUUID } from 'node:crypto';
import { DAY_MS } from '@latchkey/process';
import type { NewDelivery } from '../../services/notifier/src/delivery/delivery.ts';
import { ALL_MAILS } from '../../services/notifier/src/delivery/suppression.ts';
import { openSqliteNotifierStorage } from '../../services/notifier/src/storage/sqlite/index.ts';
import type { BenchmarkFigure } from '../support/benchmark.ts';
import {
  addItemsInBatches,
  createEventLoopTurnFigures,
  measureLongestEventLoopTurn,
  ROW_COUNT,
  withTemporaryDatabase,
} from './longest-turn.ts';

const NOW = new Date();
const OCCURRED_AT = new Date(NOW.getTime() - DAY_MS);

export async function measureTurnsOfNotifier(): Promise<readonly BenchmarkFigure[]> {
  return [...(await measurePending()), ...(await measureExpiry()), ...(await measureSuppressions())];
}

function createDelivery(index: number, sendUntil: Date): NewDelivery {
  return {
    id: randomUUID(),
    eventId: randomUUID(),
    subject: randomUUID(),
    sequence: 1,
    mail: 'welcome',
    locale: 'en',
    correlationId: 'bench',
    occurredAt: OCCURRED_AT,
    sendUntil,
    content: { to: `${index}@example.com`, username: `person${index}` },
  };
}

/**
 * Measures two operations while all deliveries are pending: claiming the next deliveries, and reading the
 * figures for the metrics.
 */
function measurePending(): Promise<readonly BenchmarkFigure[]> {
  return withTemporaryDatabase(async (database) => {
    const { deliveries } = openSqliteNotifierStorage({ database });
    const sendUntil = new Date(NOW.getTime() + DAY_MS);
    await addItemsInBatches(
      (n) => createDelivery(n, sendUntil),
      (added) => deliveries.record({ deliveries: added, cutoffs: [] }, NOW),
    );
    const longest = await measureLongestEventLoopTurn(async () => {
      await deliveries.claim({ owner: 'bench', now: NOW, leaseMs: 90_000, limit: 30 });
      await deliveries.held();
      await deliveries.oldestOpen();
    });
    return createEventLoopTurnFigures('deliveries: all are pending', longest);
  });
}

function measureExpiry(): Promise<readonly BenchmarkFigure[]> {
  return withTemporaryDatabase(async (database) => {
    const { deliveries } = openSqliteNotifierStorage({ database });
    const sendUntil = new Date(NOW.getTime() - 1);
    await addItemsInBatches(
      (n) => createDelivery(n, sendUntil),
      (added) => deliveries.record({ deliveries: added, cutoffs: [], mayExpire: false }, NOW),
    );
    const longest = await measureLongestEventLoopTurn(() => deliveries.expire(NOW));
    const { expired } = await deliveries.census();
    if (expired !== ROW_COUNT) throw new Error(`${expired} deliveries expired, not ${ROW_COUNT}`);
    return createEventLoopTurnFigures('deliveries: all expire', longest);
  });
}

/**
 * Measures the addition of a suppression to a store full of suppressions that have ended, because each addition deletes
 * ended suppressions.
 */
function measureSuppressions(): Promise<readonly BenchmarkFigure[]> {
  return withTemporaryDatabase(async (database) => {
    const { suppressions } = openSqliteNotifierStorage({ database });
    function put(since: Date, until: Date) {
      const recipient = randomUUID();
      return suppressions.put({ recipient, hint: 'a…', mail: ALL_MAILS, reason: 'bounced', since, until });
    }
    await addItemsInBatches(
      () => NOW,
      (ends) => Promise.all(ends.map((until) => put(OCCURRED_AT, until))),
    );
    const longest = await measureLongestEventLoopTurn(() => put(NOW, new Date(NOW.getTime() + DAY_MS)));
    return createEventLoopTurnFigures('suppressions: all have ended', longest);
  });
}
