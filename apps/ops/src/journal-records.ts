/** Uses the journal to distinguish records that auth has published from forged ones. */
import {
  type EventRecord,
  envelopeOf,
  isEventRecord,
  type RecordAuthenticator,
  sequenceOf,
} from '@latchkey/consumer';
import { decodeWithProof, isHeartbeat, type Provenance } from '@latchkey/events';
import {
  fingerprintAsPublished,
  fingerprintOfEvent,
  type JournaledStream,
  type JournalView,
} from '@latchkey/verify';

/**
 * Returns a function that accepts the events that are in the journal. The function needs no key, and accepts the
 * unsigned records that release 0.1 wrote. Unreadable records are accepted, too, so that they can still park an
 * account.
 */
export function createJournalAuthenticator(journal: Pick<JournalView, 'stream'>): RecordAuthenticator {
  return async (sources) => {
    const candidates = sources
      .filter((source) => !isHeartbeat(source))
      .map((source) => ({ source, ...decodeWithProof(source) }));
    const streams = new Map<string, JournaledStream | undefined>();
    for (const record of candidates) {
      if (!isEventRecord(record)) continue;
      const { subject } = envelopeOf(record);
      if (!streams.has(subject)) streams.set(subject, await journal.stream(subject));
    }
    const genuine = candidates.map(
      (record) => !isEventRecord(record) || isJournaled(record, streams.get(envelopeOf(record).subject)),
    );
    return {
      records: candidates.filter((_, index) => genuine[index]),
      forged: candidates
        .filter((_, index) => !genuine[index])
        .map(({ source }) => ({ source, cause: 'the journal does not have it' })),
    };
  };
}

function isJournaled(
  record: EventRecord & { readonly provenance: Provenance },
  stream: JournaledStream | undefined,
): boolean {
  const { decoded, provenance } = record;
  const journaled = stream?.events[sequenceOf(record) - 1];
  if (journaled === undefined) return false;
  // The hash also matches an event whose person was erased later.
  if (provenance.kind === 'intact') return provenance.proof.hash === journaled.chain?.hash;
  return (
    decoded.kind === 'event' && fingerprintOfEvent(decoded.event) === fingerprintAsPublished(journaled.event)
  );
}
