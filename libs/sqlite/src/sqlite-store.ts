import type { ClockReadings, OpenStore } from '@latchkey/store';
import { createSqliteClockReadings } from './clock-readings.ts';
import { type Database, type OpenOptions, openDatabase } from './database.ts';
import { mapSqliteErrors } from './guard.ts';

export interface SqliteStore extends OpenStore {
  readonly kind: 'sqlite';
  readonly database: Database;
  readonly clockReadings: ClockReadings;
}

/** Opens the embedded store. @throws DataFolderError */
export function openSqlite(options: OpenOptions): SqliteStore {
  return createSqliteStore(openDatabase(options));
}

/** Returns the store on a database that is open already. */
export function createSqliteStore(database: Database): SqliteStore {
  const probes = mapSqliteErrors({
    health: async () => void database.prepare('SELECT 1').get(),
    async checkWritable() {
      await database.checkDisk();
      // This update does not change any value, but SQLite writes it to the file like any other.
      await database.write(() => void database.prepare('UPDATE schema_version SET version = version').run());
    },
  });
  return {
    kind: 'sqlite',
    name: 'data folder',
    database,
    ...probes,
    clockReadings: createSqliteClockReadings(database),
    close: database.close,
  };
}
