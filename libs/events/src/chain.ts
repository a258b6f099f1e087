/**
 * The hash chain of an account. Every event contains the hash of the previous one, and its own hash covers
 * everything that consumers act on. For personal data, the hash covers only a digest with a random salt. So
 * the person and the salt can be erased while the chain remains unchanged. Pure, except for `newPersonSalt`.
 */
import { hash, randomBytes } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import { dataSchemaUri } from './data-schema-uri.ts';
import { hmacSha256 } from './hmac.ts';

/** The digest of an event's personal data, and the salt of the digest. */
export interface PersonDigest {
  /** HMAC-SHA-256 of the canonical JSON of `data.person`, keyed with the salt; base64url. */
  readonly digest: string;
  /** 16 random bytes in base64url. Absent once the person is erased, so that the digest reveals nothing. */
  readonly salt?: string;
}

/** The place of an event in the chain of its account. */
export interface ChainEntry {
  /** The hash of the event: SHA-256 in base64url. */
  readonly hash: string;
  /** The hash of the previous event; absent on the first event. */
  readonly previous?: string;
  /** The digest of the personal data; absent if the event was created without personal data. */
  readonly person?: PersonDigest;
}

/** The part of an event that its hash covers. */
export interface CoveredEvent {
  readonly id: string;
  readonly type: string;
  /** Version of the schema of `data`. */
  readonly version: number;
  readonly subject: string;
  readonly sequence: number;
  readonly time: string;
  /** The data as it is published, in the schema version `version`. */
  readonly data: unknown;
}

const SALT_BYTES = 16;

/** Returns a random salt. */
export function newPersonSalt(): string {
  return randomBytes(SALT_BYTES).toString('base64url');
}

/**
 * Returns the digest of personal data.
 * @param salt must have a fixed length: HMAC pads keys, so two salts of different lengths could act as the
 * same key
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
  const covered = {
    data: hasPerson ? withoutPerson(data) : data,
    id,
    ...(hasPerson ? { person: person?.digest ?? null } : {}),
    previous: previous ?? null,
    schema: dataSchemaUri(type, version),
    sequence,
    subject,
    time,
    type,
  };
  return hash('sha256', canonicalJson(covered), 'base64url');
}

/**
 * Returns the hash-chain entry of a new event. @param previousHash the hash of the previous event; undefined for the
 * first
 */
export function chainEvent(event: CoveredEvent, previousHash: string | undefined, salt: string): ChainEntry {
  const person = personIn(event.data);
  const links = {
    ...(previousHash === undefined ? {} : { previous: previousHash }),
    ...(isPresent(person) ? { person: { digest: digestPerson(person, salt), salt } } : {}),
  };
  return { hash: hashEvent(event, links), ...links };
}

/** Returns why an event does not match its hash-chain entry; undefined if it does. */
export function chainFlaw(event: CoveredEvent, entry: ChainEntry): string | undefined {
  try {
    const person = personIn(event.data);
    if (isPresent(person)) {
      if (entry.person?.salt === undefined) return 'its personal data has no salt';
      if (digestPerson(person, entry.person.salt) !== entry.person.digest)
        return 'its personal data does not match its digest';
    }
    return hashEvent(event, entry) === entry.hash ? undefined : 'its content does not match its hash';
  } catch {
    return 'its data has no canonical form';
  }
}

/** Returns the entry without the salt, for an event whose person is erased. */
export function eraseSalt({ person, ...entry }: ChainEntry): ChainEntry {
  return { ...entry, ...(person === undefined ? {} : { person: { digest: person.digest } }) };
}

/**
 * Returns the personal data (`person`) in the data of an event: null if it was erased, undefined if the event
 * has none.
 */
function personIn(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'person' in data ? data.person : undefined;
}

function withoutPerson(data: unknown): object {
  const { person: _, ...impersonal } = Object(data);
  return impersonal;
}

function isPresent(person: unknown): boolean {
  return person !== undefined && person !== null;
}
