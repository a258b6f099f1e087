/** Distinguishes records that auth has published from forged ones by comparing them with the journal. */
import {
  type ChainLink,
  type DecodedRecord,
  type EventRecord,
  envelopeOf,
  type ForgedRecord,
  isEventRecord,
  type RecordAuthenticator,
  sequenceOf,
} from '@latchkey/consumer';
import { decodeWithProof, isHeartbeat, type Provenance } from '@latchkey/events';
import {
  computeEventFingerprint,
  computePublishedFingerprint,
  type JournaledEvent,
  type JournaledStream,
  type JournalView,
} from '@latchkey/verify';

/**
 * Returns a function that accepts a record if its event is in the journal. The function does not check
 * signatures, so it also accepts the unsigned records of release 0.1. Unreadable records are accepted, too:
 * the caller needs them, because an unreadable record parks its account.
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
    const records: DecodedRecord[] = [];
    const forged: ForgedRecord[] = [];
    for (const record of candidates) {
      const { source, decoded } = record;
      if (!isEventRecord(record)) records.push({ source, decoded });
      else {
        const journaled = streams.get(envelopeOf(record).subject)?.events[sequenceOf(record) - 1];
        if (isJournaled(record, journaled)) records.push({ source, decoded, ...linkOf(journaled) });
        else forged.push({ source, cause: 'the journal does not have it' });
      }
    }
    return { records, forged };
  };
}

function isJournaled(
  { decoded, provenance }: EventRecord & { readonly provenance: Provenance },
  journaled: JournaledEvent | undefined,
): boolean {
  if (journaled === undefined) return false;
  // The comparison also works after an erasure, because the journal keeps the hashes of erased events.
  if (provenance.kind === 'intact') return provenance.proof.hash === journaled.chain?.hash;
  return (
    decoded.kind === 'event' &&
    computeEventFingerprint(decoded.event) === computePublishedFingerprint(journaled.event)
  );
}

function linkOf(journaled: JournaledEvent | undefined): { readonly link?: ChainLink } {
  return journaled?.chain === undefined ? {} : { link: journaled.chain };
}
