/** Rules about which accounts are erased, and when: docs/erasure.md. */
import { isDeepStrictEqual } from 'node:util';
import { streamIdOf } from '../../support/kcat.ts';
import { eventsByAccount, type Journal, type JournalEvent } from './journal.ts';
import { type Violation, violationsOf } from './report.ts';
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

/** Returns whether the account is erased, or an erasure is requested, after these events. */
export function isToBeErased(events: readonly JournalEvent[]): boolean {
  return isErased(events) || dueAt(events) !== undefined;
}

/**
 * Checks three things: every account whose erasure is due was erased; no other account was erased; and an erased
 * account has no later events.
 */
export function checkErasures(journal: Journal, now: Date): readonly Violation[] {
  return eventsByAccount(journal).flatMap(([id, events]) => {
    const at = events.findIndex(({ type }) => type === 'AccountErased');
    const due = dueAt(at === -1 ? events : events.slice(0, at));
    if (at === -1) {
      return due === undefined || due > now.getTime() - SKEW_MS
        ? []
        : violationsOf('erasures', `${id} was to be erased at ${new Date(due).toISOString()}, and is not`);
    }
    if (at < events.length - 1) return violationsOf('erasures', `${id} has events after its erasure`);
    const erasedAt = Date.parse(events[at]?.time ?? '');
    return due !== undefined && due <= erasedAt + SKEW_MS
      ? []
      : violationsOf('erasures', `${id} was erased, and was not to be`);
  });
}

/**
 * Returns the commits as they were before erasure. Their personal data comes from the topic, which may still contain
 * it. An event is left unchanged if its record differs in anything but `person`.
 */
export function commitsBeforeErasure(
  commits: readonly Commit[],
  records: readonly TopicRecord[],
): readonly Commit[] {
  const erased = new Set(
    commits.filter(({ events }) => events.some(({ type }) => type === 'AccountErased')).map(streamOf),
  );
  const published = new Map(
    records.flatMap((record) => {
      const data = erased.has(streamIdOf(record)) ? dataOf(record) : undefined;
      return data?.person ? [[record.headers['ce_id'], data] as const] : [];
    }),
  );
  function withPerson(event: CommitEvent): CommitEvent {
    const data = published.get(event.id);
    return data && isDeepStrictEqual({ ...data, person: null }, event.data) ? { ...event, data } : event;
  }
  return commits.map((commit) =>
    erased.has(commit.stream) ? { ...commit, events: commit.events.map(withPerson) } : commit,
  );
}

function streamOf({ stream }: Commit): string {
  return stream;
}

function dataOf({ payload }: TopicRecord): EventData | undefined {
  try {
    const data: EventData = JSON.parse(payload ?? '');
    return data;
  } catch {
    return undefined;
  }
}
