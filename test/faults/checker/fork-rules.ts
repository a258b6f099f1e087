/**
 * Rules about a run in which an older copy of the journal was restored, while the topic still contained the
 * newer events (ADR 41). The system was idle before the restore, so the read model had applied every event
 * that the restored journal lacks.
 */
import { getStreamId } from '../../support/kcat.ts';
import type { JournalRestoreFindings } from '../run-folder.ts';
import { type Journal, listEventsByAccount } from './journal.ts';
import { createViolations, type Violation } from './report.ts';
import type { StoredProfile, TopicRecord } from './stored.ts';

export interface ForkContext {
  readonly journal: Journal;
  /** The genuine records (those that are not forged) of the topics. */
  readonly records: readonly TopicRecord[];
  readonly profiles: readonly StoredProfile[];
  readonly restored: JournalRestoreFindings;
}

const ACCOUNTS = 'accounts.events.v1';

/**
 * Checks that `ops verify` reports exactly the accounts whose events the restored journal lacks. Also checks
 * that the read model has parked each of these accounts whose new history has reached the sequence of its
 * last lost event.
 */
export function checkForks({ journal, records, profiles, restored }: ForkContext): readonly Violation[] {
  const events = new Map(listEventsByAccount(journal));
  const stored = new Map(profiles.map((profile) => [profile._id, profile]));
  const reported = new Set(restored.reported);
  const published = Map.groupBy(
    records.filter(({ topic }) => topic === ACCOUNTS),
    getStreamId,
  );
  return [...new Set([...events.keys(), ...published.keys(), ...reported])].flatMap((account) => {
    const its = events.get(account) ?? [];
    const ids = new Set(its.map(({ id }) => id));
    const removed = (published.get(account) ?? []).filter(({ headers }) => !ids.has(headers['ce_id'] ?? ''));
    const lastRemoved = Math.max(0, ...removed.map(({ headers }) => Number(headers['ce_sequence'])));
    const isForked = removed.length > 0;
    const mustBeParked = isForked && its.length >= lastRemoved;
    const cause = stored.get(account)?.parked?.cause;
    return [
      ...(mustBeParked && !/forked/.test(cause ?? '')
        ? createViolations('forks', `${account}: its history has forked, and it is not parked for that`)
        : []),
      ...(!mustBeParked && cause !== undefined
        ? createViolations('forks', `${account} is parked without a fork: ${cause}`)
        : []),
      ...(isForked !== reported.has(account)
        ? createViolations(
            'forks',
            `${account}: ops verify ${isForked ? 'does not report' : 'reports'} a fork`,
          )
        : []),
    ];
  });
}
