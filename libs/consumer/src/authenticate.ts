/** Separates genuine records, which auth has published, from forged ones. */
import type { BusRecord } from '@latchkey/bus';
import {
  catalogue,
  DELIVERIES_TOPIC,
  type Decoded,
  decodeWithProof,
  type EventProof,
  isHeartbeat,
  isSignedBy,
  keyIdOf,
  type Provenance,
  type TopicName,
  verifySignature,
} from '@latchkey/events';
import type { EventKeySource } from './event-key-source.ts';
import { type AccountRecord, accountOf, type DecodedRecord, envelopeOf, isEventRecord } from './records.ts';
import {
  createSignatureLookAhead,
  type SignatureLookAheadOptions,
  verifySignaturesConcurrently,
} from './signature-look-ahead.ts';
import type { VerifiedProofCache } from './verified-proofs.ts';

/**
 * How to treat a record whose signature is invalid. `require`: the record becomes a dead letter. `warn`: the
 * record is only reported.
 */
export type SignaturePolicy = 'require' | 'warn';

export interface ForgedRecord {
  readonly source: BusRecord;
  readonly cause: string;
}

export interface AuthenticatedSlice {
  /** The records that the consumer may use, in order. */
  readonly records: readonly DecodedRecord[];
  /**
   * The records whose signature does not verify, in order. With the policy `warn`, `records` contains them
   * too.
   */
  readonly forged: readonly ForgedRecord[];
}

/**
 * Separates genuine records, which auth has published, from forged ones.
 * @throws EventKeysUnavailable if the signatures cannot be verified at the moment
 */
export type RecordAuthenticator = (sources: readonly BusRecord[]) => Promise<AuthenticatedSlice>;

export interface RecordAuthenticatorOptions {
  readonly keys: EventKeySource;
  readonly policy: SignaturePolicy;
  /**
   * The topics that the consumer reads, by Latchkey's names. An event counts as forged if its type does not
   * belong on any of these topics.
   */
  readonly topics: readonly TopicName[];
  /**
   * The names on the log of the topic of deliveries, whose events are not signed. On this topic, a record counts as
   * forged if its event belongs on another topic, or if its key cannot be the id of a delivery.
   */
  readonly unsigned?: readonly string[];
  /**
   * Makes the authenticator read the log ahead of a consumer that has to catch up. With this option, a
   * consumer that catches up verifies about one signature per account instead of one per account and slice.
   * Do not set this option if several consumers at different offsets share the authenticator, because the
   * authenticator would read the same records again and again. Default: no reading ahead.
   */
  readonly ahead?: Omit<SignatureLookAheadOptions, 'keys'>;
  /** Called after each slice that contains verified events, with the time of the newest verified event. */
  onVerified?(newest: Date): void;
  /**
   * A cache that several consumers of the same events share, so that each signature is verified only once.
   * Default: no cache.
   */
  readonly shared?: VerifiedProofCache;
}

interface Candidate {
  readonly source: BusRecord;
  readonly decoded: Decoded;
  readonly provenance: Provenance;
}

export const UNSIGNED_RECORD_CAUSE =
  'it is not signed (if release 0.1 wrote it, publish it again: ops republish)';

/**
 * Returns a function that authenticates consecutive records. The records must not contain heartbeats. The
 * signature of an event covers its hash, and this hash includes the hash of the previous event of the
 * account. If a slice contains several linked events, it is therefore enough to verify the signature of the
 * last one.
 */
export function createRecordAuthenticator({
  keys,
  policy,
  topics,
  unsigned = [],
  ahead,
  onVerified,
  shared,
}: RecordAuthenticatorOptions): RecordAuthenticator {
  const lookAhead = ahead && createSignatureLookAhead({ ...ahead, keys });
  return async (sources) => {
    const verified = (await lookAhead?.verifiedHashes(sources)) ?? new Set<string>();
    const candidates = sources
      .filter((source) => !isHeartbeat(source))
      .map((source): Candidate => ({ source, ...decodeWithProof(source) }));
    const flaws = await findFlaws(candidates, { keys, topics, unsigned, verified, shared });
    const forged = candidates.flatMap(({ source }, index) => {
      const cause = flaws[index];
      return cause === undefined ? [] : [{ source, cause }];
    });
    const records = candidates.flatMap((candidate, index) => {
      if (flaws[index] !== undefined)
        return policy === 'warn' ? [{ source: candidate.source, decoded: candidate.decoded }] : [];
      return [verifiedRecord(candidate, unsigned)];
    });
    const newest = newestVerified(records);
    if (newest !== undefined) onVerified?.(newest);
    return { records, forged };
  };
}

/** Returns the time of the newest verified event; undefined if no event was verified. */
function newestVerified(records: readonly DecodedRecord[]): Date | undefined {
  const times = records
    .filter(isEventRecord)
    .flatMap((record) => (record.link === undefined ? [] : [Date.parse(envelopeOf(record).time)]));
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}

/**
 * Returns a function for readers that forward records: it removes the records that auth has not published.
 * The function also removes records whose key names no account, because the authenticator does not check
 * these.
 */
export function createGenuineRecordFilter(
  authenticate: RecordAuthenticator,
): (sources: readonly BusRecord[]) => Promise<readonly BusRecord[]> {
  return async (sources) => {
    const { records } = await authenticate(sources);
    return records.flatMap(({ source, decoded }) => (decoded.kind === 'unusable' ? [] : [source]));
  };
}

function verifiedRecord(
  { source, decoded, provenance }: Candidate,
  unsigned: readonly string[],
): DecodedRecord {
  const isVerified = provenance.kind === 'intact' && !unsigned.includes(source.topic);
  return isVerified ? { source, decoded, link: provenance.proof } : { source, decoded };
}

interface Rules extends Required<Pick<RecordAuthenticatorOptions, 'keys' | 'topics' | 'unsigned'>> {
  readonly shared: VerifiedProofCache | undefined;
  /** The hashes of events that were already verified. auth has published these events. */
  readonly verified: ReadonlySet<string>;
}

/** A record whose content matches its hash, with its index among the given records. */
interface Intact {
  readonly index: number;
  readonly proof: EventProof;
}

/** Verifies the signature of a hash: on the main thread (`isSignedBy`) or on the thread pool (`verifySignature`). */
type CheckSignature = typeof isSignedBy | typeof verifySignature;

const NO_KEYS: Awaited<ReturnType<EventKeySource['find']>> = new Map();

/**
 * Returns for each record the reason why auth cannot have published it; undefined if auth has published it.
 */
async function findFlaws(
  candidates: readonly Candidate[],
  { keys, topics, unsigned, verified, shared }: Rules,
): Promise<readonly (string | undefined)[]> {
  const signed = candidates.filter(({ provenance }) => kidOf(provenance) !== undefined);
  const kids = new Set(signed.flatMap(({ provenance }) => kidOf(provenance) ?? []));
  const newest = new Date(Math.max(...signed.map(({ source }) => source.timestamp.getTime())));
  const known = kids.size === 0 ? NO_KEYS : await keys.find([...kids], newest);
  const flaws: (string | undefined)[] = [];
  const pending = new Map<string, Intact[]>();
  for (const [index, { source, decoded, provenance }] of candidates.entries()) {
    // Do not check a record whose key names no account, because the consumer always sends such a record to
    // the dead-letter queue.
    if (decoded.kind === 'unusable') continue;
    if (unsigned.includes(source.topic)) flaws[index] = findFlawOfUnsigned({ source, decoded });
    else if (provenance.kind === 'unsigned') flaws[index] = UNSIGNED_RECORD_CAUSE;
    else if (provenance.kind === 'forged') flaws[index] = provenance.cause;
    else if (isMisplaced(decoded, topics)) flaws[index] = 'it belongs on another topic';
    else {
      const { proof } = provenance;
      pending.set(proof.hash, [...(pending.get(proof.hash) ?? []), { index, proof }]);
    }
  }

  /**
   * Marks an event and all earlier events of its account as genuine. The hash of an event also covers the
   * earlier events.
   * @param kid the id of the key that has just verified the signature of the event; undefined if no
   * signature was verified now
   */
  function accept(hash: string | undefined, kid?: string): void {
    for (let at = hash; at !== undefined; ) {
      const same = pending.get(at);
      pending.delete(at);
      const proof = same?.[0]?.proof;
      if (proof !== undefined && kid !== undefined) shared?.add(proof, kid);
      at = proof?.previous;
    }
  }

  /**
   * Verifies the signature of one event. If it is valid, marks the event and its predecessors as genuine.
   * @param isGenuine verifies a signature, on the main thread or on the thread pool
   */
  async function verify({ index, proof }: Intact, isGenuine: CheckSignature): Promise<void> {
    const kid = keyIdOf(proof.signature) ?? '';
    const key = known.get(kid);
    if (key === undefined) flaws[index] = 'it is signed by an unknown key';
    else if (!(await isGenuine(key, proof.hash, proof.signature)))
      flaws[index] = 'its signature is not valid';
    else {
      shared?.add(proof, kid);
      accept(proof.previous, kid);
    }
  }

  for (const [hash, same] of [...pending])
    if (verified.has(hash) || same.every(({ proof }) => shared?.has(proof, known) ?? false)) accept(hash);
  // In each round, verify only the events that are not the predecessor of another pending event. A valid
  // signature also proves that all predecessors are genuine. Another round is needed only if one of these
  // signatures is invalid.
  for (let round = 1; pending.size > 0; round += 1) {
    const followed = new Set([...pending.values()].map(([one]) => one?.proof.previous));
    const heads = [...pending.entries()].filter(([hash]) => !followed.has(hash));
    for (const [hash] of heads) pending.delete(hash);
    const last = heads.flatMap(([, same]) => same);
    // Verify a single signature on the main thread: this takes less CPU time than waking another thread, and
    // does not wait for password hashes. Later rounds use the thread pool, because there may be as many
    // rounds as forged events.
    const isGenuine = round === 1 && last.length === 1 ? isSignedBy : verifySignature;
    await verifySignaturesConcurrently(last, (each) => verify(each, isGenuine));
  }
  return flaws;
}

function kidOf(provenance: Provenance): string | undefined {
  return provenance.kind === 'intact' ? keyIdOf(provenance.proof.signature) : undefined;
}

/**
 * Matches the ids of deliveries, which are UUIDs of version 5. The ids of accounts and mailings are UUIDs of version 7.
 */
const DELIVERY_ID = /^[\da-f]{8}-[\da-f]{4}-5/i;

/**
 * Returns why a record on the topic of deliveries must not be handled; undefined if it may be. Events on
 * this topic are not signed, so nothing proves who wrote a record. A record there must never count as an
 * event of an account. If it changed the account's position, the genuine next event of the account would be
 * skipped.
 */
function findFlawOfUnsigned(record: AccountRecord): string | undefined {
  if (isMisplaced(record.decoded, [DELIVERIES_TOPIC])) return 'it belongs on another topic';
  return DELIVERY_ID.test(accountOf(record)) ? undefined : 'its key is not the id of a delivery';
}

/**
 * Returns whether an event is on a topic on which events of its type are never published. Such a record must
 * be a copy, because auth publishes no events of its type on this topic.
 */
function isMisplaced(decoded: Decoded, topics: readonly TopicName[]): boolean {
  return decoded.kind === 'event' && !topics.includes(catalogue[decoded.event.type].topic);
}
