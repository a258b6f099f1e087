/** Suppressions in the embedded store. */
import { type Database, mapSqliteErrors, type SqliteRow } from '@latchkey/sqlite';
import { ALL_MAILS, computeSuppressionId, type MailSuppression } from '../../delivery/suppression.ts';
import type { SuppressionStore } from '../../ports/suppressions.ts';

const SQL = {
  find: `
    SELECT * FROM notifier_suppressions
    WHERE id IN (:one, :all) AND (until IS NULL OR until > :now) LIMIT 1`,
  put: `
    INSERT INTO notifier_suppressions (id, hint, reason, since, until)
    VALUES (:id, :hint, :reason, :since, :until)
    ON CONFLICT DO UPDATE SET hint = excluded.hint, reason = excluded.reason, since = excluded.since, until = excluded.until`,
  // Delete at most 100 rows, so that the duration of a write does not depend on how many suppressions have
  // ended.
  deleteEnded: `
    DELETE FROM notifier_suppressions WHERE id IN
      (SELECT id FROM notifier_suppressions WHERE until <= :now LIMIT 100)`,
  list: `
    SELECT * FROM notifier_suppressions
    WHERE id > :after AND (until IS NULL OR until > :now) ORDER BY id LIMIT :limit`,
  removeReportedOf: `
    DELETE FROM notifier_suppressions
    WHERE id >= :recipient || '/' AND id < :recipient || '0' AND reason <> 'operator'`,
  remove: 'DELETE FROM notifier_suppressions WHERE id = :id',
} as const;

export function createSqliteSuppressions({ prepare, write }: Database): SuppressionStore {
  return mapSqliteErrors<SuppressionStore>({
    async find(recipient, mail, now) {
      const one = computeSuppressionId({ recipient, mail });
      const all = computeSuppressionId({ recipient, mail: ALL_MAILS });
      const row = prepare(SQL.find).get({ one, all, now: now.getTime() });
      return row && suppressionFromRow(row);
    },

    put: ({ hint, reason, since, until, ...of }) =>
      write(() => {
        prepare(SQL.deleteEnded).run({ now: since.getTime() });
        const times = { since: since.getTime(), until: until?.getTime() ?? null };
        prepare(SQL.put).run({ id: computeSuppressionId(of), hint, reason, ...times });
      }),

    async list({ now, limit, after = '' }) {
      return prepare(SQL.list).all({ now: now.getTime(), limit, after }).map(suppressionFromRow);
    },

    removeReportedOf: (recipient) =>
      write(() => void prepare(SQL.removeReportedOf).run({ recipient }), { erases: true }),

    remove: (of) => write(() => prepare(SQL.remove).run({ id: computeSuppressionId(of) }).changes === 1),
  });
}

export function suppressionFromRow(row: SqliteRow): MailSuppression {
  const [recipient = '', mail = ''] = String(row['id']).split('/');
  const until = row['until'];
  return {
    recipient,
    hint: String(row['hint']),
    mail,
    reason: String(row['reason']) as MailSuppression['reason'],
    since: new Date(Number(row['since'])),
    ...(until === null ? {} : { until: new Date(Number(until)) }),
  };
}
