/**
 * Measures the longest turns of the event loop in two periodic jobs of auth. The clean-up pass is measured
 * several times, each time with a different store full of expired rows. The publisher of security events is
 * measured once.
 */
import { randomUUID } from 'node:crypto';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { createClockGuard, createLogger, readConfig } from '@latchkey/process';
import { createLoopWakeup } from '@latchkey/process/loop';
import type { Database } from '@latchkey/sqlite';
import { createLeases } from '@latchkey/store';
import { createAuditPublisher } from '../../services/auth/src/audit/publisher.ts';
import { authSettingsSchema, createRateLimitRules } from '../../services/auth/src/config.ts';
import { generateSecrets } from '../../services/auth/src/keys/secrets.ts';
import type { AuditEntry } from '../../services/auth/src/ports/audit-log.ts';
import type { RateLimitRules } from '../../services/auth/src/ports/limits.ts';
import type { AuthStores } from '../../services/auth/src/ports/stores.ts';
import { runSignUpCleanupPass } from '../../services/auth/src/sign-up/cleanup.ts';
import { openSqliteAuthStores } from '../../services/auth/src/storage/sqlite/index.ts';
import { openTestWorld } from '../../services/auth/src/testing/world.ts';
import type { BenchmarkFigure } from '../support/benchmark.ts';
import {
  addItemsInBatches,
  createEventLoopTurnFigures,
  measureLongestEventLoopTurn,
  withTemporaryDatabase,
} from './longest-turn.ts';

/** The expiry time of the rows that the clean-up pass must remove. */
const ENDED = new Date('2025-01-01T00:00:00.000Z');

/** Fills one store with rows that the clean-up pass removes. */
interface Filling {
  readonly what: string;
  add(stores: AuthStores, index: number): Promise<unknown>;
}

const fillings: readonly Filling[] = [
  {
    what: 'sessions: all have expired',
    add: ({ sessions }) =>
      sessions.create(
        {
          id: randomUUID(),
          userId: randomUUID(),
          n: 0,
          createdAt: ENDED,
          rotatedAt: ENDED,
          expiresAt: ENDED,
          since: 1,
          ip: '192.0.2.1',
          userAgent: 'bench',
        },
        { keep: 10 },
      ),
  },
  {
    what: 'limits: all windows have ended',
    add: ({ limits }, n) => limits(endedRules()).take('login-address', `${n}`),
  },
  {
    what: 'idempotency keys: all have expired',
    add: ({ idempotencyKeys }, n) =>
      idempotencyKeys.bind({ id: `${n}`, digest: 'digest', now: ENDED, until: ENDED }),
  },
  {
    what: 'trusted addresses: all have expired',
    add: ({ trustedAddresses }, n) =>
      trustedAddresses.trust({ address: `${n}@example.com`, ip: '192.0.2.1' }, ENDED),
  },
];

/**
 * Returns rate limit rules with windows of length zero, so that every count has expired when the clean-up
 * pass runs.
 */
function endedRules(): RateLimitRules {
  const { SEALING_PRIVATE_KEYS: _, ...secrets } = generateSecrets();
  const config = readConfig(authSettingsSchema, { PUBLIC_URL: 'https://id.example.com', ...secrets });
  const rules = Object.entries(createRateLimitRules(config));
  return Object.fromEntries(rules.map(([name, rule]) => [name, { ...rule, seconds: 0 }])) as RateLimitRules;
}

export async function measureTurnsOfAuth(): Promise<readonly BenchmarkFigure[]> {
  const figures: BenchmarkFigure[] = [];
  for (const filling of fillings)
    figures.push(...(await withTemporaryDatabase((database) => measurePass(database, filling))));
  return [...figures, ...(await withTemporaryDatabase(measureSecurityEvents))];
}

async function measurePass(database: Database, { what, add }: Filling): Promise<readonly BenchmarkFigure[]> {
  const stores = openSqliteAuthStores(database);
  const world = await openTestWorld(stores);
  try {
    await addItemsInBatches(
      (n) => n,
      (rows) => Promise.all(rows.map((n) => add(stores, n))),
    );
    const longest = await measureLongestEventLoopTurn(() =>
      runSignUpCleanupPass(world.deps, { scope: 'due' }),
    );
    return createEventLoopTurnFigures(what, longest);
  } finally {
    await world.close();
  }
}

/**
 * Measures the longest turn of the event loop while the publisher of security events removes all security events,
 * because their retention time is over.
 */
async function measureSecurityEvents(database: Database): Promise<readonly BenchmarkFigure[]> {
  const { auditLog, leases } = openSqliteAuthStores(database);
  await addItemsInBatches(createEntry, auditLog.add);
  const bus = createEmbeddedBus({ database });
  const publisher = createAuditPublisher({
    auditLog,
    bus,
    leases: createLeases(leases),
    instance: 'bench',
    retentionDays: 365,
    clock: createClockGuard(),
    logger: createLogger({ name: 'bench', level: 'silent' }),
    now: () => new Date(),
    wakeup: createLoopWakeup(),
  });
  const longest = await measureLongestEventLoopTurn(async () => {
    await publisher.start();
    // Wait for the first run of the publisher, which removes all expired security events; `stop` returns only
    // after this run.
    await publisher.stop();
  });
  await bus.close();
  if ((await auditLog.backlog(1)) > 0) throw new Error('old security events are left');
  return createEventLoopTurnFigures('security events: all are past their retention', longest);
}

function createEntry(n: number): AuditEntry {
  return {
    id: `${n}`,
    account: randomUUID(),
    time: ENDED.toISOString(),
    kept: true,
    headers: { ce_type: 'SignedIn' },
    value: JSON.stringify({ ip: '192.0.2.1', userAgent: 'bench '.repeat(10) }),
  };
}
