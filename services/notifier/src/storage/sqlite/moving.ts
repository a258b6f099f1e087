import { type Database, guardSqlite, type Row } from '@latchkey/sqlite';
import { pages, type Source } from '@latchkey/store';
import type { NotifierRecords, StoredCutoffs } from '../../ports/storage.ts';
import { deliveryOf } from './rows.ts';

const BATCH = 500;

const SQL = {
  deliveries: 'SELECT rowid, * FROM notifier_deliveries WHERE rowid > :after ORDER BY rowid LIMIT :limit',
  countDeliveries: 'SELECT count(*) AS items FROM notifier_deliveries',
  cutoffs: `
    SELECT subject, json_group_object(what, before) AS before FROM notifier_cutoffs
    WHERE subject > :after GROUP BY subject ORDER BY subject LIMIT :limit`,
  countCutoffs: 'SELECT count(DISTINCT subject) AS items FROM notifier_cutoffs',
} as const;

/** The notifier's records in the embedded store, for `ops move`. */
export function createSqliteSource(database: Database): NotifierRecords<'source'> {
  function source<Item>(options: {
    readonly count: string;
    readonly page: string;
    /** The column that the page is ordered by, and a value before all of its values. */
    readonly key: readonly [column: string, start: string | number];
    read(row: Row): Item;
  }): Source<Item> {
    const [column, start] = options.key;
    return guardSqlite<Source<Item>>({
      count: async () => Number(database.prepare(options.count).get()?.['items']),
      async *batches() {
        const rows = pages<Row>((last) =>
          database.prepare(options.page).all({ after: last?.[column] ?? start, limit: BATCH }),
        );
        for await (const page of rows) yield page.map(options.read);
      },
    });
  }

  return {
    cutoffs: source({
      count: SQL.countCutoffs,
      page: SQL.cutoffs,
      key: ['subject', ''],
      read: cutoffsOf,
    }),
    deliveries: source({
      count: SQL.countDeliveries,
      page: SQL.deliveries,
      key: ['rowid', 0],
      read: deliveryOf,
    }),
  };
}

function cutoffsOf(row: Row): StoredCutoffs {
  return { subject: String(row['subject']), before: JSON.parse(String(row['before'])) };
}
