/** Stores webhooks in the embedded store. */
import {
  createSqliteKeyFingerprintMoveSource,
  createSqliteKeyFingerprintStore,
  createSqliteLeaseRecords,
  createSqliteRowMoveSource,
  mapSqliteErrors,
  type SqliteRow,
  type SqliteSchema,
  type SqliteStore,
} from '@latchkey/sqlite';
import { noStorePreparation } from '@latchkey/store';
import { storedEndpointSchema, type WebhookEndpoint } from '../../endpoint.ts';
import {
  type DeliveryAttempt,
  type DeliveryAttemptStore,
  type EndpointStore,
  MAX_KEPT_DELIVERY_ATTEMPTS,
  type WebhookStorage,
} from '../../ports.ts';

/**
 * The column `endpoint` contains JSON. Times are in ms since the epoch. The slot of an attempt is its number
 * modulo MAX_KEPT_DELIVERY_ATTEMPTS, so that new attempts overwrite the oldest ones.
 */
const tables = `
CREATE TABLE webhook_endpoint (
  id TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  endpoint TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE webhook_attempt (
  endpoint TEXT NOT NULL,
  slot INTEGER NOT NULL,
  n INTEGER NOT NULL,
  at INTEGER NOT NULL,
  event TEXT NOT NULL,
  type TEXT NOT NULL,
  account TEXT NOT NULL,
  delivered INTEGER NOT NULL,
  status INTEGER,
  reason TEXT,
  milliseconds INTEGER NOT NULL,
  PRIMARY KEY (endpoint, slot)
) STRICT, WITHOUT ROWID;
CREATE TABLE webhook_lease (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** The name of the table that records the keys with which the user service has started. */
const KEYS = 'webhook_key';

const keys = `
CREATE TABLE ${KEYS} (
  name TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

const schema: SqliteSchema = { owner: 'webhooks', migrations: [tables, keys] };

const SQL = {
  add: `INSERT INTO webhook_endpoint (id, version, endpoint)
    SELECT :id, :version, :endpoint WHERE (SELECT count(*) FROM webhook_endpoint) < :most`,
  find: 'SELECT * FROM webhook_endpoint WHERE id = :id',
  list: 'SELECT * FROM webhook_endpoint ORDER BY id',
  page: 'SELECT * FROM webhook_endpoint WHERE id > :after ORDER BY id LIMIT :limit',
  count: 'SELECT count(*) AS items FROM webhook_endpoint',
  replace: `UPDATE webhook_endpoint SET version = :next, endpoint = :endpoint
    WHERE id = :id AND version = :version`,
  remove: 'DELETE FROM webhook_endpoint WHERE id = :id',
  putAttempt: `INSERT OR REPLACE INTO webhook_attempt
    (endpoint, slot, n, at, event, type, account, delivered, status, reason, milliseconds)
    VALUES (:endpoint, :slot, :n, :at, :event, :type, :account, :delivered, :status, :reason, :milliseconds)`,
  attempts: `SELECT * FROM webhook_attempt WHERE endpoint = :endpoint AND n < :before ORDER BY n DESC LIMIT :limit`,
  countAttempts: 'SELECT count(*) AS items FROM webhook_attempt',
  pageAttempts: `SELECT *, endpoint || '/' || slot AS place FROM webhook_attempt
    WHERE endpoint || '/' || slot > :after ORDER BY place LIMIT :limit`,
  removeAttempts: 'DELETE FROM webhook_attempt WHERE endpoint = :id',
} as const;

/**
 * Opens the webhook storage of the embedded store.
 * @throws DataFolderError if the tables cannot be created
 */
export function openSqliteWebhookStorage({ database }: Pick<SqliteStore, 'database'>): WebhookStorage {
  database.migrate(schema);
  const { prepare, write } = database;
  const leases = createSqliteLeaseRecords(database, 'webhook_lease');
  return {
    ...noStorePreparation,
    source: {
      endpoints: createSqliteRowMoveSource(database, {
        count: SQL.count,
        page: SQL.page,
        key: ['id', ''],
        read: endpointOf,
      }),
      attempts: createSqliteRowMoveSource(database, {
        count: SQL.countAttempts,
        page: SQL.pageAttempts,
        key: ['place', ''],
        read: (row) => ({ endpoint: String(row['endpoint']), attempt: attemptOf(row) }),
      }),
      keys: createSqliteKeyFingerprintMoveSource(database, KEYS),
    },
    // Webhooks cannot be moved to an embedded store, so no events were sent before a move.
    sentBefore: { find: async () => new Map() },
    endpoints: mapSqliteErrors<EndpointStore>({
      add: (endpoint, most) => write(() => prepare(SQL.add).run({ ...rowOf(endpoint), most }).changes === 1),
      async find(id) {
        const row = prepare(SQL.find).get({ id });
        return row && endpointOf(row);
      },
      list: async () => prepare(SQL.list).all().map(endpointOf),
      replace(endpoint) {
        const { id, version } = endpoint;
        const next = { ...endpoint, version: version + 1 };
        const values = { id, version, next: next.version, endpoint: JSON.stringify(next) };
        return write(() => prepare(SQL.replace).run(values).changes === 1);
      },
      remove: (id) =>
        write(() => {
          prepare(SQL.removeAttempts).run({ id });
          return prepare(SQL.remove).run({ id }).changes === 1;
        }),
    }),
    attempts: mapSqliteErrors<DeliveryAttemptStore>({
      put: (endpoint, attempts) =>
        // Do not flush the attempts to disk. They are only shown to operators, so they may be lost in a
        // crash.
        write(
          () => {
            for (const attempt of attempts) prepare(SQL.putAttempt).run(attemptRow(endpoint, attempt));
          },
          { flushed: false },
        ),
      list: async (endpoint, { limit, before = Number.MAX_SAFE_INTEGER }) =>
        prepare(SQL.attempts).all({ endpoint, limit, before }).map(attemptOf),
    }),
    keyFingerprints: createSqliteKeyFingerprintStore(database, KEYS),
    leases,
    voidLeases: leases.reclaim,
  };
}

function rowOf(endpoint: WebhookEndpoint) {
  return { id: endpoint.id, version: endpoint.version, endpoint: JSON.stringify(endpoint) };
}

function endpointOf({ endpoint }: SqliteRow): WebhookEndpoint {
  return storedEndpointSchema.parse(JSON.parse(String(endpoint)));
}

function attemptRow(endpoint: string, { at, delivered, status, reason, ...attempt }: DeliveryAttempt) {
  return {
    ...attempt,
    endpoint,
    slot: attempt.n % MAX_KEPT_DELIVERY_ATTEMPTS,
    at: at.getTime(),
    delivered: Number(delivered),
    status: status ?? null,
    reason: reason ?? null,
  };
}

function attemptOf(row: SqliteRow): DeliveryAttempt {
  const { status, reason } = row;
  return {
    n: Number(row['n']),
    at: new Date(Number(row['at'])),
    event: String(row['event']),
    type: String(row['type']),
    account: String(row['account']),
    delivered: row['delivered'] === 1,
    ...(status !== null && { status: Number(status) }),
    ...(reason !== null && { reason: String(reason) }),
    milliseconds: Number(row['milliseconds']),
  };
}
