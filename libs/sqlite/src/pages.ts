import type { SQLOutputValue } from 'node:sqlite';
import type { Database } from './database.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

export interface PagedQuery {
  /** Ordered by a key; takes the key after which to begin, and how many rows. */
  readonly sql: string;
  /** Comes before every key. */
  readonly start: string | number;
  /** The column that holds the key. */
  readonly key: string;
  /** Rows a page. */
  readonly size: number;
}

/** All rows of a query, a page at a time, however many there are. Between two pages the table may be written. */
export function* pages(database: Database, { sql, start, key, size }: PagedQuery): Generator<readonly Row[]> {
  for (let after: SQLOutputValue = start; ; ) {
    const rows: readonly Row[] = database.prepare(sql).all(after, size);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last[key] ?? null;
  }
}
