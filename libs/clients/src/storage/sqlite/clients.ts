/** Stores service clients in the embedded store. */
import { isDeepStrictEqual } from 'node:util';
import {
  createSqliteRowMoveSource,
  mapSqliteErrors,
  type SqliteRow,
  type SqliteSchema,
  type SqliteStore,
} from '@latchkey/sqlite';
import { noStorePreparation } from '@latchkey/store';
import type { ServiceClient, StoredClientKey } from '../../client.ts';
import type { ServiceClientStorage, ServiceClients } from '../../service-clients.ts';

/** The columns `scopes`, `types` and `keys` contain JSON. Times are in ms since the epoch. */
const table = `
CREATE TABLE service_client (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  types TEXT,
  person INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  keys TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

const schema: SqliteSchema = { owner: 'clients', migrations: [table] };

const SQL = {
  add: `INSERT INTO service_client (id, name, scopes, types, person, created_at, keys)
    VALUES (:id, :name, :scopes, :types, :person, :createdAt, :keys)`,
  find: 'SELECT * FROM service_client WHERE id = :id',
  list: 'SELECT * FROM service_client WHERE id > :after ORDER BY id LIMIT :limit',
  count: 'SELECT count(*) AS items FROM service_client',
  replaceKeys: 'UPDATE service_client SET keys = :keys WHERE id = :id',
  remove: 'DELETE FROM service_client WHERE id = :id',
} as const;

/** Opens the service clients of the embedded store. @throws DataFolderError if the table cannot be created */
export function openSqliteServiceClients({ database }: Pick<SqliteStore, 'database'>): ServiceClientStorage {
  database.migrate(schema);
  const { prepare, write } = database;
  return {
    ...noStorePreparation,
    source: createSqliteRowMoveSource(database, {
      count: SQL.count,
      page: SQL.list,
      key: ['id', ''],
      read: clientOf,
    }),
    clients: mapSqliteErrors<ServiceClients>({
      add: ({ scopes, types, person, createdAt, keys, ...client }) =>
        write(() => {
          prepare(SQL.add).run({
            ...client,
            scopes: JSON.stringify(scopes),
            types: types === undefined ? null : JSON.stringify(types),
            person: Number(person),
            createdAt: createdAt.getTime(),
            keys: JSON.stringify(keys),
          });
        }),
      async find(id) {
        const row = prepare(SQL.find).get({ id });
        return row && clientOf(row);
      },
      async list({ limit, after = '' }) {
        return prepare(SQL.list).all({ limit, after }).map(clientOf);
      },
      replaceKeys: ({ id, keys: former }, keys) =>
        write(() => {
          const row = prepare(SQL.find).get({ id });
          if (row === undefined || !isDeepStrictEqual(clientOf(row).keys, former)) return false;
          prepare(SQL.replaceKeys).run({ id, keys: JSON.stringify(keys) });
          return true;
        }),
      remove: (id) => write(() => prepare(SQL.remove).run({ id }).changes === 1),
    }),
  };
}

function clientOf(row: SqliteRow): ServiceClient {
  const { types } = row;
  return {
    id: String(row['id']),
    name: String(row['name']),
    scopes: JSON.parse(String(row['scopes'])),
    ...(types === null ? {} : { types: JSON.parse(String(types)) }),
    person: row['person'] === 1,
    createdAt: new Date(Number(row['created_at'])),
    keys: JSON.parse(String(row['keys'])).map(keyOf),
  };
}

function keyOf({ hash, since, until }: { hash: string; since: string; until?: string }): StoredClientKey {
  return { hash, since: new Date(since), ...(until !== undefined && { until: new Date(until) }) };
}
