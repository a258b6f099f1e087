import { writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { ClockReadingStore, DataFile, OpenedStore, StoredRecord } from '@latchkey/store';
import { createSqliteClockReadingStore } from './clock-readings.ts';
import { type Database, type OpenDatabaseOptions, openDatabase } from './database.ts';
import { mapSqliteErrors } from './guard.ts';

export interface SqliteStore extends OpenedStore {
  readonly kind: 'sqlite';
  readonly database: Database;
  readonly clockReadings: ClockReadingStore;
  readonly file: DataFile;
}

/** Opens the embedded store. @throws DataFolderError */
export function openSqlite(options: OpenDatabaseOptions): SqliteStore {
  return createSqliteStore(openDatabase(options));
}

/** Returns an embedded store that uses a database that is already open. */
export function createSqliteStore(database: Database): SqliteStore {
  const probes = mapSqliteErrors({
    health: async () => void database.prepare('SELECT 1').get(),
    records: () => readRecords(database),
    async checkWritable() {
      await database.checkDisk();
      // This update changes no value, but SQLite writes it to the file like any other update. It therefore
      // fails if the file cannot be written.
      await database.write(() => void database.prepare('UPDATE schema_version SET version = version').run());
    },
  });
  return {
    kind: 'sqlite',
    name: 'data folder',
    database,
    ...probes,
    clockReadings: createSqliteClockReadingStore(database),
    file: dataFileOf(database),
    close: database.close,
  };
}

const SQL = {
  // Leave out tables whose names begin with `bus_`, because they contain the embedded log.
  tables: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'bus_*' ORDER BY name",
  copy: 'VACUUM INTO :path',
} as const;

async function* readRecords(database: Database): AsyncGenerator<StoredRecord> {
  for (const { name } of database.prepare(SQL.tables).all()) {
    const place = String(name);
    for (const record of database.prepare(`SELECT * FROM "${place}"`).iterate()) yield { place, record };
  }
}

function dataFileOf(database: Database): DataFile {
  return {
    folder: dirname(database.path),
    name: basename(database.path),
    erasedRemains: database.erasedRemains,
    rewrite: database.rewrite,
    async copyTo(path) {
      // Create the file here with mode 0600. SQLite would create it with the default mode of the process.
      await writeFile(path, '', { flag: 'wx', mode: 0o600 });
      database.prepare(SQL.copy).run({ path });
    },
  };
}
