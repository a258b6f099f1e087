/** What auth may stand on: the only place where its adapters are picked. */
import type { Bus } from '@latchkey/bus';
import type { ClusterBackend } from '@latchkey/cluster';
import type { Index } from '@latchkey/mongo';
import type { Database } from '@latchkey/sqlite';
import { journalIndexes } from './adapters/journal.mongo.schema.ts';
import { createMongoJournal } from './adapters/journal.mongo.ts';
import { createSqliteJournal } from './adapters/journal.sqlite.ts';
import { createMongoLeases } from './adapters/leases.mongo.ts';
import { createSqliteLeases } from './adapters/leases.sqlite.ts';
import { createMemoryLimits } from './adapters/limits.memory.ts';
import { createMongoLimits, limitIndexes } from './adapters/limits.mongo.ts';
import { unlimited } from './adapters/limits.ts';
import { createMongoRequests } from './adapters/requests.mongo.ts';
import { createSqliteRequests } from './adapters/requests.sqlite.ts';
import { createMongoSessions, sessionIndexes } from './adapters/sessions.mongo.ts';
import { createSqliteSessions } from './adapters/sessions.sqlite.ts';
import type { Journal } from './ports/journal.ts';
import type { Leases } from './ports/leases.ts';
import type { LimitRules, Limits } from './ports/limits.ts';
import type { Requests } from './ports/requests.ts';
import type { Sessions } from './ports/sessions.ts';

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
