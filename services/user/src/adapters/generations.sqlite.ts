/** The pointer as a row on node:sqlite; a generation is a table. */
import { type Database, guardSqlite } from '@latchkey/sqlite';
import { firstPointer, nameOf, type Pointer } from '../generation/pointer.ts';
import type { Generations } from '../ports/generations.ts';
import { createSqliteProfiles, tableOf } from './profiles.sqlite.ts';

const TABLE = `
  CREATE TABLE IF NOT EXISTS user_generations (
    id TEXT PRIMARY KEY CHECK (id = 'pointer'),
    version INTEGER NOT NULL,
    pointer TEXT NOT NULL
  ) STRICT`;

const INSERT = `
  INSERT INTO user_generations (id, version, pointer) VALUES ('pointer', $version, $pointer)
  ON CONFLICT DO NOTHING`;

const UPDATE = `
  UPDATE user_generations SET version = $version, pointer = $pointer WHERE version = $version - 1`;

/** So many rows are deleted at once: others who write wait no longer than that takes. */
const ROWS_AT_ONCE = 1000;

export function createSqliteGenerations(database: Database): Generations {
  database.exec(TABLE);

  function stored(): readonly number[] {
    return database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()
      .flatMap(({ name }) => generationIn(String(name)))
      .toSorted((a, b) => a - b);
  }

  /** Empty first: to drop a large table at once would keep everybody else from writing for seconds. */
  async function drop(table: string): Promise<void> {
    const some = `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} LIMIT ${ROWS_AT_ONCE})`;
    let deleted: number;
    do deleted = await database.write(() => Number(database.prepare(some).run().changes), { flushed: false });
    while (deleted > 0);
    await database.write(() => void database.prepare(`DROP TABLE IF EXISTS ${table}`).run());
  }

  const port: Generations = {
    async read() {
      const row = database.prepare('SELECT pointer FROM user_generations').get();
      return row === undefined ? firstPointer : (JSON.parse(String(row['pointer'])) as Pointer);
    },

    async replace(next) {
      const sql = next.version === firstPointer.version + 1 ? INSERT : UPDATE;
      const row = { version: next.version, pointer: JSON.stringify(next) };
      return database.write(() => database.prepare(sql).run(row).changes === 1);
    },

    async prepare(generation) {
      createSqliteProfiles(database, nameOf(generation));
    },

    stored: async () => stored(),

    async remove(generation) {
      if (stored().includes(generation)) await drop(tableOf(nameOf(generation)));
    },
  };
  return guardSqlite(port);
}

function generationIn(table: string): readonly number[] {
  const number = /^user_profiles_v(\d+)$/.exec(table)?.[1];
  return number === undefined ? [] : [Number(number)];
}
