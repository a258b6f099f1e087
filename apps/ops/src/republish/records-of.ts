import type { JournaledStream } from '@latchkey/auth/verifying';
import { type EncodedEvent, encode, type LatchkeyEvent } from '@latchkey/events';

/**
 * All events of an account as records, in order.
 * @throws Error of one line where they cannot all be written: half of an account would park it with every consumer
 */
export function recordsOf({ id, events, flaw }: JournaledStream): readonly EncodedEvent[] {
  if (flaw !== undefined) throw new Error(`account ${id} cannot be written: ${flaw}`);
  return events.map(({ event }) => recordOf(id, event));
}

/** What the codec says of a breach may quote what stands there. */
function recordOf(account: string, event: LatchkeyEvent): EncodedEvent {
  try {
    return encode(event);
  } catch {
    throw new Error(`account ${account} cannot be written: event ${event.sequence} breaks its contract`);
  }
}
