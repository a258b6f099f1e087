import {
  createSqliteKeyFingerprintMoveSource,
  createSqliteRowMoveSource,
  type Database,
  type SqliteRow,
} from '@latchkey/sqlite';
import type { MovableNotifierRecords, StoredMailCutoffs } from '../../ports/storage.ts';
import { KEY_FINGERPRINTS_TABLE } from './migrations.ts';
import { deliveryFromRow } from './rows.ts';
import { suppressionFromRow } from './suppressions.ts';

const DELIVERIES = {
  count: 'SELECT count(*) AS items FROM notifier_deliveries',
  page: 'SELECT rowid, * FROM notifier_deliveries WHERE rowid > :after ORDER BY rowid LIMIT :limit',
  key: ['rowid', 0],
} as const;

const CUTOFFS = {
  count: 'SELECT count(DISTINCT subject) AS items FROM notifier_cutoffs',
  page: `SELECT subject, json_group_object(what, before) AS before FROM notifier_cutoffs
    WHERE subject > :after GROUP BY subject ORDER BY subject LIMIT :limit`,
  key: ['subject', ''],
} as const;

const SUPPRESSIONS = {
  count: 'SELECT count(*) AS items FROM notifier_suppressions',
  page: 'SELECT * FROM notifier_suppressions WHERE id > :after ORDER BY id LIMIT :limit',
  key: ['id', ''],
} as const;

/** The notifier's records in the embedded store, for `ops move`. */
export function createSqliteMoveSource(database: Database): MovableNotifierRecords<'source'> {
  return {
    cutoffs: createSqliteRowMoveSource(database, { ...CUTOFFS, read: cutoffsOf }),
    suppressions: createSqliteRowMoveSource(database, { ...SUPPRESSIONS, read: suppressionFromRow }),
    deliveries: createSqliteRowMoveSource(database, { ...DELIVERIES, read: deliveryFromRow }),
    keys: createSqliteKeyFingerprintMoveSource(database, KEY_FINGERPRINTS_TABLE),
  };
}

function cutoffsOf(row: SqliteRow): StoredMailCutoffs {
  return { subject: String(row['subject']), before: JSON.parse(String(row['before'])) };
}
