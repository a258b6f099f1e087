/** Commits on their way to the bus. */
import { type EncodedEvent, encode } from '@latchkey/events';
import type { Commit, CommitKeys } from '../ports/journal.ts';
import { toPublic } from './to-public.ts';

export interface OutgoingCommit extends CommitKeys {
  /** A stream has one. */
  readonly topic: string;
  readonly records: readonly EncodedEvent[];
  /** About what its records take up on the wire. */
  readonly bytes: number;
}

/** Key and headers of a record, roughly. */
const OVERHEAD_BYTES = 512;

/** @throws ZodError or RangeError if an event breaks its contract, or if it is of another topic than the others. */
export function outgoingCommit(commit: Commit): OutgoingCommit {
  const records = toPublic(commit).map(encode);
  const [topic, ...others] = new Set(records.map((record) => record.topic));
  if (topic === undefined || others.length > 0) throw new RangeError('a commit is of one topic');
  return {
    topic,
    stream: commit.stream,
    number: commit.number,
    commandId: commit.commandId,
    records,
    bytes: records.reduce((sum, { value }) => sum + value.length + OVERHEAD_BYTES, 0),
  };
}

/** What one publish may hold; a single commit that is larger goes alone. */
export interface BatchLimits {
  readonly commits: number;
  readonly bytes: number;
}

/** Cuts commits into runs, in order. */
export function* batchesOf(
  commits: readonly OutgoingCommit[],
  limits: BatchLimits,
): Generator<readonly OutgoingCommit[]> {
  let batch: OutgoingCommit[] = [];
  let bytes = 0;
  for (const commit of commits) {
    if (batch.length >= limits.commits || (batch.length > 0 && bytes + commit.bytes > limits.bytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(commit);
    bytes += commit.bytes;
  }
  if (batch.length > 0) yield batch;
}
