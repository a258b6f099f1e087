import { type EncodedEvent, encode, type LatchkeyEvent } from '@latchkey/events';
import type { JournaledStream } from '@latchkey/verify';

/**
 * Encodes all events of an account, in order.
 * @throws Error (one line) if any of them cannot be encoded: every consumer would park an account with a gap
 */
export function recordsOf({ id, events, flaw }: JournaledStream): readonly EncodedEvent[] {
  if (flaw !== undefined) throw new Error(`account ${id} cannot be written: ${flaw}`);
  return events.map(({ event }) => recordOf(id, event));
}

/** Hides the codec's message, because it may quote personal data. */
function recordOf(account: string, event: LatchkeyEvent): EncodedEvent {
  try {
    return encode(event);
  } catch {
    throw new Error(`account ${account} cannot be written: event ${event.sequence} violates its contract`);
  }
}
