/** Encodes journaled events as signed records. */
import type { AuthOps } from '@latchkey/auth/ops';
import { type EncodedEvent, type EventSigner, encode } from '@latchkey/events';
import type { JournaledEvent, JournaledStream } from '@latchkey/verify';

/** Returns the signed records of all events of an account or mailing, in order. */
export type EncodeStreamRecords = (stream: JournaledStream) => Promise<readonly EncodedEvent[]>;

/**
 * Returns a function that encodes and signs the events of an account or mailing. It first adds events of
 * release 0.1 to a hash chain, because they have none. If an event cannot be encoded, the function throws an
 * Error with a one-line message. It must not leave out the event, because a gap in the sequences would make
 * every consumer park the account.
 */
export function createRecordEncoder(
  auth: Pick<AuthOps, 'journal' | 'chain'>,
  signer: EventSigner,
): EncodeStreamRecords {
  async function chained(stream: JournaledStream): Promise<JournaledStream> {
    const { id, events } = stream;
    if (events.every(({ chain }) => chain !== undefined)) return stream;
    await auth.chain(id);
    const again = await auth.journal.stream(id);
    return again === undefined ? stream : { ...again, events: again.events.slice(0, events.length) };
  }

  return async (stream) => {
    const { id, events, flaw } = stream.flaw === undefined ? await chained(stream) : stream;
    if (flaw !== undefined) throw new Error(`account ${id} cannot be written: ${flaw}`);
    return events.map((event) => recordOf(id, event, signer));
  };
}

/** Encodes and signs one event. Replaces the codec's error message, because it may quote personal data. */
function recordOf(
  account: string,
  { event, chain, stored }: JournaledEvent,
  signer: EventSigner,
): EncodedEvent {
  if (chain === undefined) throw new Error(`account ${account} cannot be written: it has no hash chain`);
  try {
    const proof = { ...chain, signature: signer.sign(chain.hash) };
    return encode(event, { proof, ...(stored && { stored }) });
  } catch {
    throw new Error(`account ${account} cannot be written: event ${event.sequence} violates its contract`);
  }
}
