/** What auth may stand on: the only place where its adapters are picked. */
import type { Bus } from '@latchkey/bus';
import type { ClusterBackend } from '@latchkey/cluster';
import type { Index } from '@latchkey/mongo';
import type { Database } from '@latchkey/sqlite';
import type { Leases } from '@latchkey/store';
import type { Journal } from './ports/journal.ts';
import type { LimitRules, Limits } from './ports/limits.ts';
import type { Requests } from './ports/requests.ts';
import type { Sessions } from './ports/sessions.ts';
import { unlimited } from './storage/limits.ts';
import { createMongoJournal } from './storage/mongo/journal.ts';
import { createMongoLeases } from './storage/mongo/leases.ts';
import { createMongoLimits, limitIndexes } from './storage/mongo/limits.ts';
import { createMongoRequests } from './storage/mongo/requests.ts';
import { journalIndexes } from './storage/mongo/schema.ts';
import { createMongoSessions, sessionIndexes } from './storage/mongo/sessions.ts';
import { createSqliteJournal } from './storage/sqlite/journal.ts';
import { createSqliteLeases } from './storage/sqlite/leases.ts';
import { createMemoryLimits } from './storage/sqlite/limits.ts';
import { createSqliteRequests } from './storage/sqlite/requests.ts';
import { createSqliteSessions } from './storage/sqlite/sessions.ts';

/** Everything in one process, on one data folder. Bus and database belong to who hands them in. */
export interface EmbeddedBackend {
  readonly kind: 'embedded';
  readonly database: Database;
  readonly bus: Bus;
}

export type Backend = EmbeddedBackend | ClusterBackend;

/** What a backend keeps its data in. */
export type Store = Pick<EmbeddedBackend, 'database'> | Pick<ClusterBackend, 'connection'>;

export const authIndexes: readonly Index[] = [...journalIndexes, ...sessionIndexes, ...limitIndexes];

export interface Stores {
  readonly journal: Journal;
  readonly sessions: Sessions;
  readonly requests: Requests;
  readonly leases: Leases;
  /** Without rules nothing is limited. */
  limits(rules: LimitRules | undefined, clock: { now(): Date }): Limits;
  /** Voids the leases of a former process, where no other can be running. */
  reclaim(): Promise<void>;
}

export function storesOf(store: Store): Stores {
  return 'connection' in store ? inMongo(store) : inSqlite(store);
}

function inMongo({ connection }: Pick<ClusterBackend, 'connection'>): Stores {
  return {
    journal: createMongoJournal(connection),
    sessions: createMongoSessions(connection),
    requests: createMongoRequests(connection),
    leases: createMongoLeases(connection),
    limits: (rules, clock) => (rules ? createMongoLimits(rules, connection, clock) : unlimited),
    reclaim: async () => undefined,
  };
}

function inSqlite({ database }: Pick<EmbeddedBackend, 'database'>): Stores {
  const requests = createSqliteRequests(database);
  const leases = createSqliteLeases(database);
  return {
    journal: createSqliteJournal(database),
    sessions: createSqliteSessions(database),
    requests,
    leases,
    limits: (rules, clock) => (rules ? createMemoryLimits(rules, clock) : unlimited),
    reclaim: async () => {
      await Promise.all([leases.reclaim(), requests.reclaim()]);
    },
  };
}
