import { type MoveSource, readAllPages } from '@latchkey/store';
import type { Database, SqliteRow } from './database.ts';
import { mapSqliteErrors } from './guard.ts';

export interface SqliteMoveSourceOptions<Item> {
  /** The SQL query that returns the number of items, as the column `items`. */
  readonly count: string;
  /**
   * The SQL query that returns the next page of rows. It returns at most `:limit` rows whose keys are greater
   * than `:after`, in the order of their keys.
   */
  readonly page: string;
  /**
   * The name of the column that contains the key, and a value that is lower than every key, after which the
   * first page begins.
   */
  readonly key: readonly [column: string, start: string | number];
  read(row: SqliteRow): Item;
}

const BATCH = 500;

/**
 * Creates a source that yields the rows of a query in batches, so that they can be moved to another store.
 */
export function createSqliteRowMoveSource<Item>(
  database: Database,
  { count, page, key: [column, start], read }: SqliteMoveSourceOptions<Item>,
): MoveSource<Item> {
  function pageAfter(last: SqliteRow | undefined) {
    return database.prepare(page).all({ after: last?.[column] ?? start, limit: BATCH });
  }
  return mapSqliteErrors<MoveSource<Item>>({
    count: async () => Number(database.prepare(count).get()?.['items']),
    async *batches() {
      for await (const rows of readAllPages<SqliteRow>(pageAfter)) yield rows.map(read);
    },
  });
}
