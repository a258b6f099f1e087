/** Rules about which accounts are erased, and when: docs/erasure.md. */
import { isDeepStrictEqual } from 'node:util';
import { getStreamId } from '../../support/kcat.ts';
import { type Journal, type JournalEvent, listEventsByAccount } from './journal.ts';
import { createViolations, type Violation } from './report.ts';
import type { Commit, CommitEvent, EventData, TopicRecord } from './stored.ts';

/** The maximum difference between the clocks of two processes, in ms. */
const SKEW_MS = 120_000;

/**
 * Returns the time at which the account is due to be erased, in ms since 1970. undefined if no erasure is requested, or
 * if it was canceled.
 */
function dueAt(events: readonly JournalEvent[]): number | undefined {
  const last = events.findLast(
    ({ type }) => type === 'AccountErasureRequested' || type === 'AccountErasureCanceled',
  );
  return last?.data.eraseAt === undefined ? undefined : Date.parse(last.data.eraseAt);
}

export function isErased(events: readonly JournalEvent[]): boolean {
  return events.at(-1)?.type === 'AccountErased';
}

/** Returns whether, after the given events, the account is erased or its erasure is pending. */
export function isErasedOrErasureRequested(events: readonly JournalEvent[]): boolean {
  return isErased(events) || dueAt(events) !== undefined;
}

/**
 * Checks three things: every account whose erasure was due is erased; no other account is erased; and an
 * erased account has no events after AccountErased.
 */
export function checkErasures(journal: Journal, now: Date): readonly Violation[] {
  return listEventsByAccount(journal).flatMap(([id, events]) => {
    const at = events.findIndex(({ type }) => type === 'AccountErased');
    const due = dueAt(at === -1 ? events : events.slice(0, at));
    if (at === -1) {
      return due === undefined || due > now.getTime() - SKEW_MS
        ? []
        : createViolations(
            'erasures',
            `${id} was due to be erased at ${new Date(due).toISOString()}, but is not erased`,
          );
    }
    if (at < events.length - 1) return createViolations('erasures', `${id} has events after its erasure`);
    const erasedAt = Date.parse(events[at]?.time ?? '');
    return due !== undefined && due <= erasedAt + SKEW_MS
      ? []
      : createViolations('erasures', `${id} was erased without being due`);
  });
}

/**
 * Maps the id of each event of an erased account to the event's data before the erasure. The data comes from
 * the records on the topic, if they still contain it, or from the rows that the standalone has replaced. If a
 * row was replaced several times, its first content counts.
 */
function originalsOf(
  commits: readonly Commit[],
  records: readonly TopicRecord[],
  replaced: readonly Commit[],
): ReadonlyMap<string | undefined, EventData> {
  const erased = findErasedStreams(commits);
  return new Map([
    ...records.flatMap((record) => {
      const data = erased.has(getStreamId(record)) ? parseEventData(record) : undefined;
      return data?.person ? [[record.headers['ce_id'], data] as const] : [];
    }),
    ...replaced
      .toReversed()
      .flatMap(({ stream, events }) =>
        erased.has(stream)
          ? events.filter(({ data }) => data.person).map(({ id, data }) => [id, data] as const)
          : [],
      ),
  ]);
}

/**
 * Returns the commits with the personal data that erasures have removed. Does not change an event that
 * differs from its original in more than `person`.
 * @param records the records as they were before erasures
 * @param replaced the commits that an embedded journal has replaced
 */
export function restoreErasedCommits(
  commits: readonly Commit[],
  records: readonly TopicRecord[],
  replaced: readonly Commit[] = [],
): readonly Commit[] {
  const erased = findErasedStreams(commits);
  const originals = originalsOf(commits, records, replaced);
  function withPerson(event: CommitEvent): CommitEvent {
    const data = originals.get(event.id);
    return data && isDeepStrictEqual({ ...data, person: null }, event.data) ? { ...event, data } : event;
  }
  return commits.map((commit) =>
    erased.has(commit.stream) ? { ...commit, events: commit.events.map(withPerson) } : commit,
  );
}

/** Returns the records of an embedded log as they were before erasures. */
export function restoreErasedRecords(
  records: readonly TopicRecord[],
  replaced: readonly TopicRecord[],
): readonly TopicRecord[] {
  const originals = new Map(replaced.toReversed().map((record) => [formatLogPosition(record), record]));
  return records.map((record) => originals.get(formatLogPosition(record)) ?? record);
}

/**
 * Returns the records of a cluster to which a standalone was moved, with the personal data that the
 * standalone erased before the move. The topics of the cluster have never contained this data.
 * @param replaced the commits that the standalone has replaced
 */
export function restoreMovedRecords(
  records: readonly TopicRecord[],
  replaced: readonly Commit[],
): readonly TopicRecord[] {
  const originals = new Map(
    replaced.toReversed().flatMap(({ events }) => events.map(({ id, data }) => [id, data] as const)),
  );
  return records.map((record) => {
    const data = originals.get(record.headers['ce_id'] ?? '');
    const isErasedForm =
      data !== undefined && isDeepStrictEqual({ ...data, person: null }, parseEventData(record));
    return isErasedForm ? { ...record, payload: JSON.stringify(data) } : record;
  });
}

/**
 * Checks that the original of every erased event is known. If it is not, the other rules can only check the
 * event without its personal data.
 * @param records the records as they were before erasures
 */
export function checkOriginalEventsAreKnown(
  commits: readonly Commit[],
  records: readonly TopicRecord[],
  replaced: readonly Commit[],
): readonly Violation[] {
  const originals = originalsOf(commits, records, replaced);
  return commits.flatMap(({ stream, events, sequence }) =>
    events.flatMap(({ id, data }, index) =>
      data.person !== null || originals.has(id)
        ? []
        : createViolations('originals', `event ${sequence + index} of ${stream} cannot be checked`),
    ),
  );
}

export function findErasedStreams(commits: readonly Commit[]): ReadonlySet<string> {
  return new Set(
    commits
      .filter(({ events }) => events.some(({ type }) => type === 'AccountErased'))
      .map(({ stream }) => stream),
  );
}

/** Returns the data of a record; undefined if it is not JSON. */
export function parseEventData({ payload }: Pick<TopicRecord, 'payload'>): EventData | undefined {
  try {
    const data: EventData = JSON.parse(payload ?? '');
    return data;
  } catch {
    return undefined;
  }
}

/** Returns a string that identifies the position of a record on the log. */
export function formatLogPosition({ topic, partition, offset }: TopicRecord): string {
  return `${topic} ${partition} ${offset}`;
}
