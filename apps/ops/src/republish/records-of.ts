/** The signed records of journaled events. */
import type { AuthOps } from '@latchkey/auth/ops';
import { type EncodedEvent, type EventSigner, encode } from '@latchkey/events';
import type { JournaledEvent, JournaledStream } from '@latchkey/verify';

/** Returns the signed records of an account's or mailing's events, in order. */
export type EncodeRecords = (stream: JournaledStream) => Promise<readonly EncodedEvent[]>;

/**
 * Returns a function that encodes and signs events. Events that release 0.1 wrote are added to the hash chain first.
 * The function throws an Error with a one-line message if any event cannot be encoded, because every consumer would
 * park an account with a gap.
 */
export function createRecordEncoder(
  auth: Pick<AuthOps, 'journal' | 'chain'>,
  signer: EventSigner,
): EncodeRecords {
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

/** Encodes and signs one event. Hides the codec's error message, because it may quote personal data. */
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
