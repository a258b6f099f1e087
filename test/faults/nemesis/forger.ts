/**
 * Writes forged records to the topics: records that auth has not signed. An attacker with write access could do the
 * same.
 */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import {
  chainEvent,
  coveredBy,
  type EncodedEvent,
  encode,
  eventSigner,
  keyIdOf,
  type LatchkeyEvent,
  newPersonSalt,
} from '@latchkey/events';
import { Kafka, logLevel } from 'kafkajs';
import { getStreamId, isHeartbeat, type KcatRecord, readTopicTail } from '../../support/kcat.ts';
import { FORGED_HEADER } from '../checker/forged-rules.ts';

const ACCOUNTS = 'accounts.events.v1';
/** The number of genuine records that the forger reads from the end of each partition. */
const TAIL = 20;
const WITHIN_MS = 10_000;

type Encoded = Pick<EncodedEvent, 'topic' | 'key' | 'value' | 'headers'>;

interface ForgedRecord extends Encoded {
  readonly partition: number;
}

/**
 * Creates a forged record of an account. `victim` is the last record of that account, and `other` is a record of a
 * different account.
 */
type Forgery = (victim: KcatRecord, other: KcatRecord) => Encoded;

/** The kinds of forged records by name, in the order of their indexes. */
export const FORGERIES: Readonly<Record<string, Forgery>> = {
  /** An unsigned event with the next sequence of the account, which makes the account an admin. */
  unsigned: (victim) => encode(promotion(victim, 1)),
  'with-another-proof': (victim) => {
    const record = encode(promotion(victim, 1));
    return { ...record, headers: { ...record.headers, ...proofIn(victim) } };
  },
  /** An event that is correct except for its signature, which is made with a different key. */
  'signed-by-a-stranger': (victim) => {
    const event = promotion(victim, 1);
    const { privateKey: key } = generateKeyPairSync('ed25519');
    const kid = keyIdOf(victim.headers['ce_signature'] ?? '') ?? 'unknown';
    const chain = chainEvent(coveredBy(event), victim.headers['ce_hash'], newPersonSalt());
    return encode(event, { proof: { ...chain, signature: eventSigner({ kid, key }).sign(chain.hash) } });
  },
  /** An event with a sequence that the account has already used for another event. */
  'with-a-taken-number': (victim) => encode(promotion(victim, 0)),
  /** An event of another account, with the genuine signature of that event. */
  'of-another-account': (victim, other) => ({
    topic: ACCOUNTS,
    key: nextKeyOf(victim),
    headers: {
      ...other.headers,
      ce_subject: getStreamId(victim),
      ce_sequence: String(sequenceOf(victim) + 1).padStart(10, '0'),
    },
    value: Buffer.from((other.payload ?? '').replaceAll(getStreamId(other), getStreamId(victim))),
  }),
  mailing: () => encode(mailing()),
};

export const FORGERY_NAMES = Object.keys(FORGERIES);

/**
 * Writes a forged record, unless the topic has too few records to forge one from.
 * @param index an index of {@link FORGERY_NAMES}
 * @returns false if it has written nothing
 * @throws Error if the brokers do not respond
 */
export async function writeForgedRecord(brokers: string, index: number): Promise<boolean> {
  const tail = await readTopicTail(brokers, ACCOUNTS, { count: TAIL, withinMs: WITHIN_MS });
  const genuine = tail.filter(
    (record) => record.headers[FORGED_HEADER] === undefined && !isHeartbeat(record),
  );
  const [victim, other] = new Map(genuine.map((record) => [getStreamId(record), record])).values();
  const record = Object.values(FORGERIES)[index];
  if (victim === undefined || other === undefined || record === undefined) return false;
  await write(brokers, { ...record(victim, other), partition: victim.partition });
  return true;
}

async function write(brokers: string, { topic, headers, ...record }: ForgedRecord): Promise<void> {
  const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'forger', logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 1 } });
  await producer.connect();
  try {
    const marked = { ...headers, [FORGED_HEADER]: randomUUID() };
    await producer.send({ topic, acks: -1, messages: [{ ...record, headers: marked }] });
  } finally {
    await producer.disconnect();
  }
}

/** Returns the key that the next event of the victim's account will have. */
function nextKeyOf(victim: KcatRecord): string {
  return `${getStreamId(victim)}/${sequenceOf(victim) + 1}`;
}

function sequenceOf({ headers }: KcatRecord): number {
  return Number(headers['ce_sequence']);
}

function proofIn({ headers }: KcatRecord): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => /^ce_(hash|previoushash|signature)$/.test(name)),
  );
}

function envelope() {
  const time = new Date().toISOString();
  return { id: randomUUID(), time, correlationId: 'forged', causationId: 'forged' };
}

/**
 * Returns the record of an event that makes the victim an admin.
 * @param later how far the sequence of the event is above the victim's last sequence
 */
function promotion(victim: KcatRecord, later: number): LatchkeyEvent {
  const userId = getStreamId(victim);
  return {
    ...envelope(),
    type: 'RoleChanged',
    subject: userId,
    sequence: sequenceOf(victim) + later,
    data: {
      userId,
      role: 'admin',
      previousRole: 'user',
      changedBy: 'ops',
      locale: 'en',
      person: { email: 'victim@forged.example', username: 'victim' },
    },
  };
}

function mailing(): LatchkeyEvent {
  const mailingId = randomUUID();
  return {
    ...envelope(),
    type: 'MailRequested',
    subject: mailingId,
    sequence: 1,
    data: {
      mailingId,
      template: 'welcome',
      requestedBy: mailingId,
      person: { recipients: ['stranger@forged.example'] },
    },
  };
}
