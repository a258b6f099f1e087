/**
 * Checks that consumers accept a stream's events on the topic. Checks the hashes of all events, but verifies
 * only the signature of the last event, because this signature covers all earlier events.
 */
import type { KeyObject } from 'node:crypto';
import { keyIdOf, verifySignature } from '@latchkey/events';
import type { Finding } from './findings.ts';
import { computeHashFingerprint } from './fingerprints.ts';
import type { TopicEntry } from './topic-index.ts';
import type { JournaledEvent, JournaledStream } from './views.ts';

/** Looks up a public key by its id, among the keys that consumers accept. */
export type LookUpPublicKey = (kid: string) => KeyObject | undefined;

export interface SignatureCheckInput {
  readonly stream: JournaledStream;
  readonly entry: Pick<TopicEntry, 'fingerprints' | 'hashes' | 'outOfOrder' | 'signatures'>;
  /** Looks up a public key by its id. Without this function, only hashes are checked. */
  readonly keyOf?: LookUpPublicKey | undefined;
}

/**
 * Returns the events of a stream that are on the topic without a proof that auth has published them. The
 * proof is a record with the event's hash, and a valid signature over this hash or over the hash of a later
 * event of the stream.
 */
export async function findUnsignedEvents(
  given: SignatureCheckInput,
  onTopic = given.entry.fingerprints.length,
): Promise<readonly JournaledEvent[]> {
  const { stream, entry } = given;
  const signedUpTo = await lastSigned(given);
  return stream.events
    .slice(0, onTopic)
    .filter(
      ({ event, chain }) => event.sequence > signedUpTo || !hasHash(entry, event.sequence, chain?.hash),
    );
}

/**
 * Returns the sequence of the last event with a valid signature; 0 if no event has a valid signature. The
 * signature also covers all earlier events.
 */
async function lastSigned({ stream, entry, keyOf }: SignatureCheckInput): Promise<number> {
  for (const { sequence, signature } of entry.signatures) {
    const hash = stream.events[sequence - 1]?.chain?.hash;
    if (hash === undefined || !hasHash(entry, sequence, hash)) continue;
    if (keyOf === undefined) return sequence;
    const key = keyOf(keyIdOf(signature) ?? '');
    if (key !== undefined && (await verifySignature(key, hash, signature))) return sequence;
  }
  return 0;
}

function hasHash(
  { hashes, outOfOrder }: SignatureCheckInput['entry'],
  sequence: number,
  hash: string | undefined,
): boolean {
  if (hash === undefined) return false;
  const wanted = computeHashFingerprint(hash);
  if (hashes[sequence - 1] === wanted) return true;
  return outOfOrder.some((record) => record.sequence === sequence && record.hash === wanted);
}

/**
 * Reports events that consumers would reject as forged.
 * @param topic the topic's name on the log
 */
export async function reportUnsignedEvents(
  given: SignatureCheckInput & { readonly topic: string },
  onTopic: number,
): Promise<readonly Finding[]> {
  const unsigned = await findUnsignedEvents(given, onTopic);
  const [first] = unsigned;
  if (first === undefined) return [];
  const { sequence, type } = first.event;
  const others = unsigned.length > 1 ? `, and ${unsigned.length - 1} more,` : '';
  const message = `event ${sequence} (${type})${others} is on ${given.topic} without a valid signature`;
  return [{ kind: 'event-unsigned', subject: given.stream.id, sequence, message }];
}
