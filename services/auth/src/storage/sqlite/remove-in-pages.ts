import type { Database, WriteOptions } from '@latchkey/sqlite';

/** The number of rows per write. It is small enough that other writes are not delayed. */
const PAGE = 1000;

/**
 * Deletes rows, or removes data from rows, page by page until no rows match. Other writes can run between the
 * pages.
 * @param sql a statement that changes at most `:page` rows, and never matches a row that it has already
 * changed
 * @param values the other parameters of the statement
 */
export async function removeRowsInPages(
  database: Database,
  sql: string,
  values: Readonly<Record<string, string | number>>,
  options: WriteOptions = {},
): Promise<void> {
  function removePage(): number {
    return Number(database.prepare(sql).run({ ...values, page: PAGE }).changes);
  }
  while ((await database.write(removePage, options)) === PAGE);
}
