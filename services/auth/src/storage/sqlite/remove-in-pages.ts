import type { Database, WriteOptions } from '@latchkey/sqlite';

/** How many rows one write changes, so that it does not delay others. */
const PAGE = 1000;

/**
 * Deletes rows, or removes data from them, page by page until none is left. Other writes run between the pages.
 * @param sql a statement that changes at most `:page` rows, and none of them twice
 * @param values its other parameters
 */
export async function removeInPages(
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
