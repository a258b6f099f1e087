/**
 * Unusable records of every kind. The records are written by hand, because our own code would refuse to create them.
 */
import { randomUUID } from 'node:crypto';

export interface RawRecord {
  readonly key: string | Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string | Buffer | (string | Buffer)[]>>;
}

export interface PoisonRecord {
  readonly name: string;
  /**
   * Creates the record.
   * @param victim an account whose events are in the partition to which the record will be appended
   * @param onPartition returns the first of `key(0)`, `key(1)`, … that belongs to this partition
   */
  readonly make: (victim: string, onPartition: OnPartition) => RawRecord;
  /** What the user service must do with the record. */
  readonly projection: 'parks' | 'dead letter' | 'unparked';
  readonly notifier: 'dead letter' | 'unparked';
  /** Matches the cause that ops commands show for the record. */
  readonly cause?: RegExp;
}

type OnPartition = (key: (n: number) => string | Buffer) => string | Buffer;

/** The personal data that the unusable records contain. No command and no log may show this data. */
export const personalDataInUnusableRecords = {
  address: 'planted.address@example.com',
  name: 'Planted-Unmistakable',
  token: 'Q3x-7_Lk'.repeat(8),
} as const;

function headersOf(
  subject: string,
  given: { type?: string; version?: number; sequence?: string } = {},
): Record<string, string> {
  const { type = 'UserRegistered', version = 1, sequence = '0000000001' } = given;
  return {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: randomUUID(),
    ce_type: type,
    ce_source: '/latchkey/auth',
    ce_subject: subject,
    ce_time: new Date().toISOString(),
    ce_dataschema: `urn:latchkey:event:${type}:${version}`,
    ce_sequence: sequence,
    ce_correlationid: 'poison',
    ce_causationid: 'poison',
  };
}

/**
 * Returns valid event data with `person: null`, as after an erasure. The notifier sends no mail for such an
 * event.
 */
function dataOf(userId: string) {
  return { userId, role: 'user', locale: 'en', person: null };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function right(victim: string): RawRecord {
  return {
    key: victim,
    headers: headersOf(victim),
    value: json(dataOf(victim)),
  };
}

/** Returns a valid event of an account, with the given sequence. */
export function createValidEventRecord(account: string, sequence: number): RawRecord {
  return {
    key: account,
    headers: headersOf(account, { type: 'ProfileChanged', sequence: String(sequence).padStart(10, '0') }),
    value: json({ userId: account, person: null }),
  };
}

/** Returns an event whose value is JSON text that was cut off before its end. */
export function createTruncatedEventRecord(account: string): RawRecord {
  return {
    ...right(account),
    value: Buffer.from(
      `{"userId":"${account}","person":{"email":"${personalDataInUnusableRecords.address}","username":"${personalDataInUnusableRecords.name}`,
    ),
  };
}

type Outcome = Pick<PoisonRecord, 'projection' | 'notifier'>;

/**
 * The outcome for an unreadable record whose key identifies an account. The user service parks this account.
 * The notifier moves the record to its dead-letter queue, because it cannot create a mail from the record.
 */
const UNREADABLE: Outcome = { projection: 'parks', notifier: 'dead letter' };
/**
 * The outcome for a record whose key identifies no account. The user service and the notifier move the record
 * to their dead-letter queues.
 */
const KEYLESS: Outcome = { projection: 'dead letter', notifier: 'dead letter' };
/**
 * The outcome for an event that does not have the next sequence of its account. The user service parks the
 * account.
 */
const MISPLACED: Outcome = { projection: 'parks', notifier: 'unparked' };
const HARMLESS: Outcome = { projection: 'unparked', notifier: 'unparked' };

function badValue(name: string, cause: RegExp, value: (victim: string) => Buffer | null): PoisonRecord {
  return {
    name,
    cause,
    ...UNREADABLE,
    make: (victim) => ({ ...right(victim), value: value(victim) }),
  };
}

function badHeaders(
  name: string,
  cause: RegExp,
  headers: RawRecord['headers'],
  ...without: readonly string[]
): PoisonRecord {
  return {
    name,
    cause,
    ...UNREADABLE,
    make: (victim) => {
      const kept = Object.entries(headersOf(victim)).filter(([header]) => !without.includes(header));
      return { ...right(victim), headers: { ...Object.fromEntries(kept), ...headers } };
    },
  };
}

function badKey(name: string, key: (onPartition: OnPartition) => RawRecord['key']): PoisonRecord {
  return {
    name,
    cause: /^key is not a UUID$/,
    ...KEYLESS,
    make: (victim, onPartition) => ({ ...createTruncatedEventRecord(victim), key: key(onPartition) }),
  };
}

const OPERATOR = { $gt: '' };
/** Inserts the property `__proto__` into JSON text: JSON.stringify would not write a property with this name. */
function prototypeIn(text: string): string {
  return text.replace(/^\{/, '{"__proto__":{"role":"admin"},');
}

/** The names of properties that every JavaScript object inherits. */
const INHERITED = ['constructor', 'toString', 'hasOwnProperty', '__proto__'];
const inherited = Object.fromEntries(INHERITED.map((name) => [name, 'x']));

export const unusableRecords: readonly PoisonRecord[] = [
  badValue('truncated JSON', /^value is not JSON$/, (victim) => createTruncatedEventRecord(victim).value),
  badValue('no value', /^no value$/, () => null),
  badValue('an empty value', /^value is not JSON$/, () => Buffer.alloc(0)),
  badValue('a value that is not UTF-8', /^value is not UTF-8$/, () => Buffer.from([0x7b, 0xff, 0xfe, 0x7d])),
  badValue('1 MB', /^value over 262144 bytes$/, () => Buffer.alloc(1_000_000, 'x')),
  badValue('JSON as deep as it fits', /^data invalid_type$/, () =>
    Buffer.from('['.repeat(100_000) + ']'.repeat(100_000)),
  ),
  badValue('an operator for an id', /^data\.userId invalid_type$/, (victim) =>
    json({ ...dataOf(victim), userId: OPERATOR }),
  ),
  badValue('an operator for a language', /^data\.locale invalid_type$/, (victim) =>
    json({
      ...dataOf(victim),
      locale: OPERATOR,
      email: personalDataInUnusableRecords.address,
      [personalDataInUnusableRecords.address]: personalDataInUnusableRecords.token,
    }),
  ),
  badValue('data of another account', /^userId is not the key$/, () => json(dataOf(randomUUID()))),
  {
    name: 'a list of a hundred thousand',
    cause: /^data\.person\.recipients too_big$/,
    ...UNREADABLE,
    make: (victim) => ({
      key: victim,
      headers: headersOf(victim, { type: 'MailRequested' }),
      value: json({
        mailingId: victim,
        template: 'welcome',
        requestedBy: victim,
        person: { recipients: Array.from({ length: 100_000 }, () => 1) },
      }),
    }),
  },
  {
    name: 'an unknown version of a known type',
    cause: /^unknown version 9 of UserRegistered$/,
    ...UNREADABLE,
    make: (victim) => ({ ...right(victim), headers: headersOf(victim, { version: 9 }) }),
  },
  {
    name: 'an unknown type, as the first event of an account',
    cause: /^event 1 is an unknown type, which cannot occur at this point$/,
    ...MISPLACED,
    make: (victim) => ({ ...right(victim), headers: headersOf(victim, { type: 'AccountPainted' }) }),
  },
  {
    name: 'a type called as what every object has',
    cause: /^event 1 is an unknown type, which cannot occur at this point$/,
    ...MISPLACED,
    make: (victim) => ({ ...right(victim), headers: headersOf(victim, { type: 'constructor' }) }),
  },
  {
    name: 'the greatest sequence there is',
    cause: /^event 9999999999 came where 1 was due$/,
    ...MISPLACED,
    make: (victim) => createValidEventRecord(victim, 9_999_999_999),
  },
  badHeaders('no headers', /^bad header: content-type, ce_/, {}, ...Object.keys(headersOf(''))),
  badHeaders('no id', /^bad header: ce_id$/, {}, 'ce_id'),
  badHeaders('no type', /^bad header: ce_type$/, {}, 'ce_type'),
  badHeaders('a sequence that came twice', /^bad header: ce_sequence$/, {
    ce_sequence: ['0000000001', '0000000002'],
  }),
  badHeaders('a sequence that is no number', /^bad header: ce_sequence$/, { ce_sequence: '{"$gt":0}' }),
  badHeaders('a header that is not UTF-8', /^bad header: ce_time$/, { ce_time: Buffer.from([0xff, 0xfe]) }),
  badHeaders('an empty header', /^bad header: ce_correlationid$/, { ce_correlationid: '' }),
  badHeaders('another subject than its key', /^ce_subject is not the key$/, { ce_subject: randomUUID() }),
  badHeaders('an address for a type', /^ce_dataschema is of another type than ce_type$/, {
    ce_type: personalDataInUnusableRecords.address,
    ce_causationid: personalDataInUnusableRecords.token,
  }),
  badHeaders('headers called as what every object has', /^bad header: ce_id$/, inherited, 'ce_id'),
  badHeaders(
    'twenty thousand headers',
    /^bad header: ce_id$/,
    Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`junk-${n}`, 'x'])),
    'ce_id',
  ),
  badKey('no key', () => null),
  badKey('an address as key', (onPartition) =>
    onPartition((n) => `${n}.${personalDataInUnusableRecords.address}`),
  ),
  badKey('an operator as key', (onPartition) => onPartition((n) => `{"$gt":"${n}"}`)),
  badKey('a key that is not UTF-8', (onPartition) => onPartition((n) => Buffer.from([0xff, 0xfe, n]))),
  {
    name: 'a marker of a discarded letter, with a key that is none',
    cause: /^key is not a UUID$/,
    ...KEYLESS,
    make: (_victim, onPartition) => ({
      key: onPartition((n) => `marker ${n}`),
      value: null,
      headers: { dlq_discards: '0/0', dlq_cause: 'forged' },
    }),
  },
  {
    name: 'operator and prototype keys in addition to correct data',
    ...HARMLESS,
    make: (victim) => ({
      ...right(victim),
      value: Buffer.from(prototypeIn(JSON.stringify({ ...dataOf(victim), $set: { role: 'admin' } }))),
    }),
  },
  {
    name: 'headers named like members of every object, in addition to correct ones',
    ...HARMLESS,
    make: (victim) => ({ ...right(victim), headers: { ...headersOf(victim), ...inherited } }),
  },
];
