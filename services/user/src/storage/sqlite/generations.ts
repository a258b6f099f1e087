/** Stores generations in SQLite: the pointer is a row, and each generation is a table. */
import { type Database, mapSqliteErrors } from '@latchkey/sqlite';
import {
  type GenerationPointer,
  getGenerationNameSuffix,
  initialGenerationPointer,
} from '../../generation/pointer.ts';
import type { GenerationStore } from '../../ports/generations.ts';
import {
  createProfileTableSql,
  getProfileTableName,
  parseGenerationOfTable,
  SELECT_TABLE_NAMES_SQL,
} from './migrations.ts';

const SQL = {
  read: 'SELECT pointer FROM user_generations',
  insert: `
    INSERT INTO user_generations (id, version, pointer) VALUES ('pointer', :version, :pointer)
    ON CONFLICT DO NOTHING`,
  update: 'UPDATE user_generations SET version = :version, pointer = :pointer WHERE version = :version - 1',
} as const;

/**
 * The maximum number of rows that one statement deletes. Requests wait for the statement, and deleting one
 * row takes up to 90 µs, because its bytes are overwritten.
 */
const DELETE_BATCH = 250;

export function createSqliteGenerations(database: Database): GenerationStore {
  function stored(): readonly number[] {
    return database
      .prepare(SELECT_TABLE_NAMES_SQL)
      .all()
      .flatMap(({ name }) => parseGenerationOfTable(String(name)) ?? [])
      .toSorted((a, b) => a - b);
  }

  /** Deletes in batches: deleting a large table in one statement blocks other writers for seconds. */
  async function clear(generation: number): Promise<void> {
    const table = tableOf(generation);
    const some = `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} LIMIT ${DELETE_BATCH})`;
    function hasRows(): boolean {
      return stored().includes(generation) && database.prepare(`SELECT 1 FROM ${table}`).get() !== undefined;
    }
    while (hasRows())
      await database.write(() => void database.prepare(some).run(), { flushed: false, erases: true });
  }

  const port: GenerationStore = {
    async read() {
      const row = database.prepare(SQL.read).get();
      return row === undefined
        ? initialGenerationPointer
        : (JSON.parse(String(row['pointer'])) as GenerationPointer);
    },

    async replace(next) {
      const sql = next.version === initialGenerationPointer.version + 1 ? SQL.insert : SQL.update;
      const row = { version: next.version, pointer: JSON.stringify(next) };
      return database.write(() => database.prepare(sql).run(row).changes === 1);
    },

    async prepare(generation) {
      database.exec(createProfileTableSql(tableOf(generation)));
    },

    stored: async () => stored(),

    clear,

    async remove(generation) {
      await clear(generation);
      await database.write(() => void database.prepare(`DROP TABLE IF EXISTS ${tableOf(generation)}`).run());
    },
  };
  return mapSqliteErrors(port);
}

function tableOf(generation: number): string {
  return getProfileTableName(getGenerationNameSuffix(generation));
}
