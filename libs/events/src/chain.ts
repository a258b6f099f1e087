/**
 * The hash chain of an account. Every event contains the hash of the previous event. The hash of an event
 * covers everything that consumers act on. It covers personal data only through a digest with a random salt,
 * so the personal data and the salt can be erased without changing any hash. Pure, except for
 * `newPersonSalt`.
 */
import { hash, randomBytes } from 'node:crypto';
import { canonicalJson, canonicalJsonWithout } from './canonical-json.ts';
import { dataSchemaUri } from './data-schema-uri.ts';
import { hmacSha256 } from './hmac.ts';

/** The digest of an event's personal data, with the salt that was used to compute it. */
export interface PersonDigest {
  /** HMAC-SHA-256 of the canonical JSON of `data.person`, keyed with the salt; base64url. */
  readonly digest: string;
  /**
   * 16 random bytes in base64url. Absent once the person is erased, because with the salt, the personal data
   * could be guessed and checked against the digest.
   */
  readonly salt?: string;
}

/** The hashes of an event: its entry in the hash chain of its account. */
export interface ChainEntry {
  /** The hash of the event: SHA-256 in base64url. */
  readonly hash: string;
  /** The hash of the previous event; absent on the first event. */
  readonly previous?: string;
  /** The digest of the personal data; absent if the event was created without personal data. */
  readonly person?: PersonDigest;
}

/** The fields of an event that its hash covers. */
export interface CoveredEvent {
  readonly id: string;
  readonly type: string;
  /** Version of the schema of `data`. */
  readonly version: number;
  readonly subject: string;
  readonly sequence: number;
  readonly time: string;
  /** The data in the form that is published, in the schema version `version`. */
  readonly data: unknown;
}

const SALT_BYTES = 16;

/** Returns a random salt. */
export function newPersonSalt(): string {
  return randomBytes(SALT_BYTES).toString('base64url');
}

/**
 * Returns the digest of personal data.
 * @param salt must have a fixed length: HMAC pads short keys with zeros, so salts of different lengths could
 * act as the same key
 * @throws Error if the person contains lone surrogates, or numbers that JSON does not have
 */
export function digestPerson(person: unknown, salt: string): string {
  return hmacSha256(Buffer.from(salt, 'base64url'), canonicalJson(person));
}

/**
 * Returns the hash of an event: SHA-256 of the canonical JSON (RFC 8785) of its covered fields.
 * @throws Error if the data holds lone surrogates, or numbers that JSON does not have
 */
export function hashEvent(
  { id, type, version, subject, sequence, time, data }: CoveredEvent,
  { previous, person }: Pick<ChainEntry, 'previous' | 'person'>,
): string {
  const hasPerson = personIn(data) !== undefined;
  // Write the members in canonical order (sorted by name). This takes less time than sorting the members
  // for each event.
  const covered = `{"data":${hasPerson ? canonicalJsonWithout(Object(data), 'person') : canonicalJson(data)},"id":${canonicalJson(id)}${
    hasPerson ? `,"person":${canonicalJson(person?.digest ?? null)}` : ''
  },"previous":${canonicalJson(previous ?? null)},"schema":${canonicalJson(dataSchemaUri(type, version))},"sequence":${canonicalJson(sequence)},"subject":${canonicalJson(subject)},"time":${canonicalJson(time)},"type":${canonicalJson(type)}}`;
  return hash('sha256', covered, 'base64url');
}

/**
 * Returns the hash-chain entry of a new event.
 * @param previousHash the hash of the previous event; undefined for the first
 */
export function chainEvent(event: CoveredEvent, previousHash: string | undefined, salt: string): ChainEntry {
  const person = personIn(event.data);
  const links = {
    ...(previousHash === undefined ? {} : { previous: previousHash }),
    ...(isPresent(person) ? { person: { digest: digestPerson(person, salt), salt } } : {}),
  };
  return { hash: hashEvent(event, links), ...links };
}

/** Returns why an event does not match its entry in the hash chain; undefined if it matches. */
export function chainFlaw(event: CoveredEvent, entry: ChainEntry): string | undefined {
  return flawUnlessThrown(() => personFlaw(event, entry)) ?? linkFlaw(event, entry);
}

/**
 * Returns why the hash of an event does not match the event; undefined if it matches. Does not check the
 * personal data, because the hash covers only its digest. If the hash matches, the event with this hash
 * follows the event with the hash `entry.previous`.
 */
export function linkFlaw(event: CoveredEvent, entry: ChainEntry): string | undefined {
  return flawUnlessThrown(() =>
    hashEvent(event, entry) === entry.hash ? undefined : 'its content does not match its hash',
  );
}

function personFlaw({ data }: CoveredEvent, { person }: ChainEntry): string | undefined {
  const present = personIn(data);
  if (!isPresent(present)) return undefined;
  if (person?.salt === undefined) return 'its personal data has no salt';
  return digestPerson(present, person.salt) === person.digest
    ? undefined
    : 'its personal data does not match its digest';
}

/**
 * Returns the flaw that `check` returns. If `check` throws, returns the flaw that the data has no canonical
 * form.
 */
function flawUnlessThrown(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch {
    return 'its data has no canonical form';
  }
}

/** Returns the entry without the salt of the digest, for an event whose personal data is erased. */
export function eraseSalt({ person, ...entry }: ChainEntry): ChainEntry {
  return { ...entry, ...(person === undefined ? {} : { person: { digest: person.digest } }) };
}

/**
 * Returns the personal data (`person`) in the data of an event: null if it was erased, undefined if events of
 * this type have no personal data.
 */
function personIn(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'person' in data ? data.person : undefined;
}

function isPresent(person: unknown): boolean {
  return person !== undefined && person !== null;
}
