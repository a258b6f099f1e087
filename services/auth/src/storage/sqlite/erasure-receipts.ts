import { type Database, mapSqliteErrors, type SqliteRow } from '@latchkey/sqlite';
import {
  type ErasureReceiptStore,
  type ErasureRecord,
  findUnconfirmedConsumers,
  hasPublishedCopies,
} from '../../ports/erasure-receipts.ts';

const LATEST = '(erased_at, account) < (:erasedAt, :account) AND erased_at <= :until';
const IN_ORDER = 'ORDER BY erased_at DESC, account DESC LIMIT :limit';

const SQL = {
  open: `INSERT INTO erasure (account, sequence, erased_at, expected, receipts, waiting)
    VALUES (:account, :sequence, :erasedAt, :expected, '[]', :waiting)
    ON CONFLICT DO UPDATE SET sequence = excluded.sequence, erased_at = excluded.erased_at,
    expected = excluded.expected, receipts = excluded.receipts, waiting = excluded.waiting,
    copied_first = NULL, copied_last = NULL, copied_gone = NULL
    WHERE erasure.sequence <> excluded.sequence`,
  confirm: 'UPDATE erasure SET receipts = :receipts, waiting = :waiting WHERE account = :account',
  find: 'SELECT * FROM erasure WHERE account = :account',
  all: `SELECT * FROM erasure INDEXED BY erasure_by_time WHERE ${LATEST} ${IN_ORDER}`,
  noteCopies: `UPDATE erasure SET copied_last = :at, copied_gone = NULL,
    copied_first = iif(copied_first IS NULL OR copied_gone IS NOT NULL, :at, copied_first)
    WHERE account = :account`,
  noteGone: `UPDATE erasure SET copied_gone = :at
    WHERE account = :account AND copied_first IS NOT NULL AND copied_gone IS NULL`,
  copied: `SELECT * FROM erasure INDEXED BY erasure_copied
    WHERE copied_first IS NOT NULL AND copied_gone IS NULL AND (copied_first, account) > (:firstAt, :account)
    ORDER BY copied_first, account LIMIT :limit`,
  waiting: `SELECT * FROM erasure INDEXED BY erasure_waiting WHERE waiting = 1 AND ${LATEST} ${IN_ORDER}`,
} as const;

/** A string that sorts after every RFC 3339 time. */
const END = '~';

/** Erasure receipts in the embedded store, with one row per erased account. */
export function createSqliteErasureReceipts(database: Database): ErasureReceiptStore {
  function find(account: string): ErasureRecord | undefined {
    const row = database.prepare(SQL.find).get({ account });
    return row && erasureFromRow(row);
  }

  return mapSqliteErrors<ErasureReceiptStore>({
    open: ({ account, sequence, erasedAt, expected }) =>
      database.write(() => {
        const waiting = expected.length > 0 ? 1 : 0;
        database
          .prepare(SQL.open)
          .run({ account, sequence, erasedAt, expected: JSON.stringify(expected), waiting });
      }),

    confirm: ({ account, sequence }, receipt) =>
      database.write(() => {
        const erasure = find(account);
        if (erasure?.sequence !== sequence) return;
        if (erasure.receipts.some(({ consumer }) => consumer === receipt.consumer)) return;
        const receipts = [...erasure.receipts, receipt];
        const waiting = findUnconfirmedConsumers({ ...erasure, receipts }).length > 0 ? 1 : 0;
        database.prepare(SQL.confirm).run({ account, receipts: JSON.stringify(receipts), waiting });
      }),

    find: async (account) => find(account),

    noteCopies: (account, at) =>
      database.write(() => void database.prepare(SQL.noteCopies).run({ account, at })),

    noteGone: (account, at) => database.write(() => void database.prepare(SQL.noteGone).run({ account, at })),

    listCopied: async ({ limit, after }) =>
      database
        .prepare(SQL.copied)
        .all({ firstAt: after?.copies.firstAt ?? '', account: after?.account ?? '', limit })
        .map(erasureFromRow)
        .filter(hasPublishedCopies),

    list: async ({ limit, after = { account: END, erasedAt: END }, waiting = false, until = END }) =>
      database
        .prepare(waiting ? SQL.waiting : SQL.all)
        .all({ account: after.account, erasedAt: after.erasedAt, until, limit })
        .map(erasureFromRow),
  });
}

export function erasureFromRow(row: SqliteRow): ErasureRecord {
  const [firstAt, lastAt, goneAt] = [row['copied_first'], row['copied_last'], row['copied_gone']];
  const hasCopies = typeof firstAt === 'string' && typeof lastAt === 'string';
  return {
    account: String(row['account']),
    sequence: Number(row['sequence']),
    erasedAt: String(row['erased_at']),
    expected: JSON.parse(String(row['expected'])),
    receipts: JSON.parse(String(row['receipts'])),
    ...(hasCopies && { copies: { firstAt, lastAt, ...(typeof goneAt === 'string' && { goneAt }) } }),
  };
}
