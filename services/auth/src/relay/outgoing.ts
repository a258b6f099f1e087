import {
  type ChainEntry,
  chainFlaw,
  type EncodedEvent,
  type EventSigner,
  type LatchkeyEvent,
  type PreparedEvent,
  prepareEvent,
} from '@latchkey/events';
import type { Commit, RecordedFact } from '../ports/journal.ts';
import type { CommitKey } from '../ports/outbox.ts';
import { toPublicEvents } from './to-public-events.ts';

/** A commit in the form in which the relay publishes it. */
export interface OutgoingCommit extends CommitKey {
  /** The topic of all events in the commit. Commits of the same stream have the same topic. */
  readonly topic: string;
  readonly records: readonly EncodedEvent[];
}

/**
 * Signs the hash of an event: the type of the two methods `sign` and `signOnThreadPool` of an `EventSigner`.
 */
export type SignEvent = EventSigner['sign'] | EventSigner['signOnThreadPool'];

/**
 * Encodes a commit for the bus, and signs its events.
 * @throws ZodError or RangeError if an event violates its schema, does not match its hash, or belongs to a
 * different topic than the others
 */
export async function toOutgoingCommit(commit: Commit, sign: SignEvent): Promise<OutgoingCommit> {
  const { stream, number } = commit;
  const events = toPublicEvents(commit).map((event, index) => prepareUnsigned(event, commit.events[index]));
  const records = await Promise.all(
    events.map(async ({ prepared, chain }) =>
      prepared.toRecord({ ...chain, signature: await sign(chain.hash) }),
    ),
  );
  const [topic, ...others] = new Set(records.map((record) => record.topic));
  if (topic === undefined || others.length > 0) throw new RangeError('a commit is of one topic');
  return { topic, stream, number, records };
}

interface UnsignedEvent {
  readonly prepared: PreparedEvent;
  readonly chain: ChainEntry;
}

/**
 * Encodes an event, and checks that it matches its hash.
 * @throws ZodError or RangeError if the event violates its schema or does not match its hash; consumers would
 * reject such a record as forged
 */
function prepareUnsigned(
  event: LatchkeyEvent,
  { chain, stored }: Pick<RecordedFact, 'chain' | 'stored'> = {},
): UnsignedEvent {
  if (chain === undefined) throw new RangeError(`${event.type}: it has no place in a hash chain`);
  const prepared = prepareEvent(event, stored);
  const flaw = chainFlaw(prepared.covered, chain);
  if (flaw !== undefined) throw new RangeError(`${event.type}: ${flaw}`);
  return { prepared, chain };
}
