import {
  chainFlaw,
  coveredBy,
  type EncodedEvent,
  type EventSigner,
  encode,
  type LatchkeyEvent,
} from '@latchkey/events';
import type { Commit, RecordedFact } from '../ports/journal.ts';
import type { CommitKey } from '../ports/outbox.ts';
import { toPublicEvents } from './to-public-events.ts';

/** A commit as it is sent to the bus. */
export interface OutgoingCommit extends CommitKey {
  /** All commits of a stream have the same topic. */
  readonly topic: string;
  readonly records: readonly EncodedEvent[];
}

/**
 * Encodes a commit for the bus, and signs its events.
 * @throws ZodError or RangeError if an event violates its contract or its hash, or if the events belong to different
 * topics
 */
export function toOutgoingCommit(commit: Commit, signer: EventSigner): OutgoingCommit {
  const records = toPublicEvents(commit).map((event, index) =>
    toSignedRecord(event, commit.events[index], signer),
  );
  const [topic, ...others] = new Set(records.map((record) => record.topic));
  if (topic === undefined || others.length > 0) throw new RangeError('a commit is of one topic');
  const { stream, number } = commit;
  return { topic, stream, number, records };
}

/**
 * Returns the signed record of an event.
 * @throws ZodError or RangeError if the event violates its contract, or does not match its hash: consumers would treat
 * the record as forged
 */
export function toSignedRecord(
  event: LatchkeyEvent,
  { chain, stored }: Pick<RecordedFact, 'chain' | 'stored'> = {},
  signer: EventSigner,
): EncodedEvent {
  if (chain === undefined) throw new RangeError(`${event.type}: it has no place in a hash chain`);
  const flaw = chainFlaw(coveredBy(event, stored), chain);
  if (flaw !== undefined) throw new RangeError(`${event.type}: ${flaw}`);
  const proof = { ...chain, signature: signer.sign(chain.hash) };
  return encode(event, { proof, ...(stored === undefined ? {} : { stored }) });
}
