/** Accounts and mailings for tests: their streams in the journal, and their records on the topic. */
import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import type { BusRecord } from '@latchkey/bus';
import {
  type ChainEntry,
  chainEvent,
  coveredBy,
  type DataOf,
  type EventType,
  encode,
  eraseSalt,
  eventSigner,
  type LatchkeyEvent,
  newPersonSalt,
} from '@latchkey/events';
import type { JournaledEvent, JournaledStream } from '../views.ts';

const START = Date.parse('2026-03-01T12:00:00Z');

type Step = readonly [type: EventType, data: object];

const person = { email: 'ada@example.com', username: 'ada' };
const registered: Step = ['UserRegistered', { role: 'user', locale: 'en', person }];
const verified: Step = ['AccountVerified', { locale: 'en', person }];
function changed(username: string): Step {
  return ['ProfileChanged', { person: { username } }];
}

function eventOf(subject: string, sequence: number, [type, data]: Step): LatchkeyEvent {
  const owner = type === 'MailRequested' ? { mailingId: subject } : { userId: subject };
  return {
    id: randomUUID(),
    subject,
    sequence,
    time: new Date(START + sequence * 1000).toISOString(),
    correlationId: 'request-1',
    causationId: 'command-1',
    type,
    data: { ...owner, ...data } as DataOf<EventType>,
  } as LatchkeyEvent;
}

/** Returns a stream with one published commit per event. */
function streamOf(id: string, steps: readonly Step[]): JournaledStream {
  let previous: string | undefined;
  function journaled(step: Step, index: number): JournaledEvent {
    const event = eventOf(id, index + 1, step);
    const chain = chainEvent(coveredBy(event), previous, newPersonSalt());
    previous = chain.hash;
    return {
      event,
      chain,
      commit: index + 1,
      at: new Date(START + index * 1000).toISOString(),
      published: true,
    };
  }
  return { id, events: steps.map(journaled) };
}

/**
 * Returns the events of an erased account in two forms, both of which end with AccountErased. `stream`
 * contains the events without personal data, as the journal does. `kept` contains the same events with
 * personal data, as a topic may still do.
 */
export function createErasedAccountStream(): {
  readonly kept: JournaledStream;
  readonly stream: JournaledStream;
} {
  const kept = streamOf(randomUUID(), [registered, verified, ['AccountErased', {}]]);
  const events = kept.events.map((journaled) => {
    const { event, chain } = journaled;
    const data = 'person' in event.data ? { ...event.data, person: null } : event.data;
    return {
      ...journaled,
      event: { ...event, data } as LatchkeyEvent,
      ...(chain && { chain: eraseSalt(chain) }),
    };
  });
  return { kept, stream: { ...kept, events } };
}

/**
 * Returns an account that signs up, verifies its email address, and then changes its name until it has
 * `eventCount` events.
 */
export function createAccountStream(eventCount = 3, id: string = randomUUID()): JournaledStream {
  return streamOf(
    id,
    Array.from(
      { length: eventCount },
      (_, index) => [registered, verified][index] ?? changed(`ada-${index}`),
    ),
  );
}

export function createMailingStream(recipients: readonly string[]): JournaledStream {
  return streamOf(randomUUID(), [
    ['MailRequested', { template: 'welcome', requestedBy: randomUUID(), person: { recipients } }],
  ]);
}

/**
 * Returns the stream with its last commit unpublished, as if this commit was appended at the time `since`.
 */
export function withLastEventUnpublished({ id, events }: JournaledStream, since: Date): JournaledStream {
  return {
    id,
    events: events.map((event, index) =>
      index === events.length - 1 ? { ...event, published: false, at: since.toISOString() } : event,
    ),
  };
}

/** Returns the records of a stream, in the form in which a reader of the topic gets them. */
export function createRecordsOfStream({ events }: JournaledStream): readonly BusRecord[] {
  return events.map(({ event, chain }, offset) => createRecordOfEvent(event, offset, chain));
}

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
export const testSigner = eventSigner({ kid: 'test', key: privateKey });

/**
 * A signer whose signatures are invalid: it signs with a different key than `testSigner`, but its signatures
 * contain the key id of `testSigner`.
 */
export const untrustedSigner = eventSigner({ kid: 'test', key: generateKeyPairSync('ed25519').privateKey });

/** Returns the public key that verifies the signatures of `createRecordsOfStream`. */
export function lookUpTestKey(kid: string): KeyObject | undefined {
  return kid === 'test' ? publicKey : undefined;
}

/**
 * Returns the record of an event.
 * @param chain the event's entry in its hash chain; without it, the record is not signed
 */
export function createRecordOfEvent(
  event: LatchkeyEvent,
  offset = 0,
  chain?: ChainEntry,
  signer = testSigner,
): BusRecord {
  const proof = chain && { ...chain, signature: signer.sign(chain.hash) };
  const { topic, key, value, headers } = encode(event, proof && { proof });
  return {
    topic,
    partition: 0,
    offset,
    timestamp: new Date(START),
    key: Buffer.from(key),
    value,
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  };
}

/** Returns an event that differs from the given event but has the same sequence. */
export function createForgedEvent(event: LatchkeyEvent): LatchkeyEvent {
  return { ...event, id: randomUUID() };
}
