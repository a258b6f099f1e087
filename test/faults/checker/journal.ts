/**
 * The journal in the form that the rules of the checker use: the commits of each stream, and its events with
 * their sequences.
 */
import type { Commit, CommitEvent } from './stored.ts';

export interface JournalEvent extends CommitEvent {
  readonly subject: string;
  readonly sequence: number;
  readonly commit: Commit;
}

export interface Journal {
  /** The commits of each account or mailing, in the order of their numbers. */
  readonly streams: ReadonlyMap<string, readonly Commit[]>;
  readonly events: ReadonlyMap<string, readonly JournalEvent[]>;
  /** The commits that each command has caused. */
  readonly byCommand: ReadonlyMap<string, readonly Commit[]>;
}

export function createJournal(commits: readonly Commit[]): Journal {
  const inOrder = commits.toSorted((a, b) => a.number - b.number);
  const streams = Map.groupBy(inOrder, ({ stream }) => stream);
  return {
    streams,
    events: new Map(Array.from(streams, ([stream, its]) => [stream, its.flatMap(eventsOf)])),
    byCommand: Map.groupBy(inOrder, ({ correlationId }) => correlationId),
  };
}

function eventsOf(commit: Commit): readonly JournalEvent[] {
  return commit.events.map((event, index) => ({
    ...event,
    subject: commit.stream,
    sequence: commit.sequence + index,
    commit,
  }));
}

/** Returns the sequence of the last event of a commit. */
export function getLastSequenceOfCommit({ sequence, events }: Commit): number {
  return sequence + events.length - 1;
}

/** Returns whether a stream is a mailing. */
export function isMailing(events: readonly { readonly type: string }[]): boolean {
  return events[0]?.type === 'MailRequested';
}

/** Returns the ids of all mailings. */
export function listMailingIds({ events }: Journal): ReadonlySet<string> {
  return new Set([...events].filter(([, its]) => isMailing(its)).map(([id]) => id));
}

/** Returns the events of each account, in order. */
export function listEventsByAccount({
  events,
}: Journal): readonly (readonly [string, readonly JournalEvent[]])[] {
  return [...events].filter(([, its]) => !isMailing(its));
}
