import { type EncodedEvent, encode } from '@latchkey/events';
import type { Commit } from '../ports/journal.ts';
import type { CommitKey } from '../ports/outbox.ts';
import { toPublic } from './to-public.ts';

/** A commit as it is sent to the bus. */
export interface OutgoingCommit extends CommitKey {
  /** All commits of a stream have the same topic. */
  readonly topic: string;
  readonly records: readonly EncodedEvent[];
}

/**
 * Encodes a commit for the bus.
 * @throws ZodError or RangeError if an event violates its contract, or if the events belong to different topics
 */
export function outgoingCommit(commit: Commit): OutgoingCommit {
  const records = toPublic(commit).map(encode);
  const [topic, ...others] = new Set(records.map((record) => record.topic));
  if (topic === undefined || others.length > 0) throw new RangeError('a commit is of one topic');
  const { stream, number } = commit;
  return { topic, stream, number, records };
}
