/** Accounts for tests, as the journal lays them open, and their records as the relay would send them. */
import { randomUUID } from 'node:crypto';
import type { JournaledEvent, JournaledStream } from '@latchkey/auth/verifying';
import type { BusRecord } from '@latchkey/bus';
import { type DataOf, type EventType, encode, type LatchkeyEvent } from '@latchkey/events';

const START = Date.parse('2026-03-01T12:00:00Z');

type Deed = readonly [type: EventType, data: object];

const person = { email: 'ada@example.com', username: 'ada' };
const registered: Deed = ['UserRegistered', { role: 'user', locale: 'en', person }];
const verified: Deed = ['AccountVerified', { locale: 'en', person }];
function changed(username: string): Deed {
  return ['ProfileChanged', { person: { username } }];
}

function eventOf(subject: string, sequence: number, [type, data]: Deed): LatchkeyEvent {
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

/** A commit for each, published. */
function streamOf(id: string, deeds: readonly Deed[]): JournaledStream {
  function journaled(deed: Deed, index: number): JournaledEvent {
    return {
      event: eventOf(id, index + 1, deed),
      commit: index + 1,
      at: new Date(START + index * 1000).toISOString(),
      published: true,
    };
  }
  return { id, events: deeds.map(journaled) };
}

/** An account of so many events: it signs up, verifies, and then changes its name all the time. */
export function anAccount(events = 3, id: string = randomUUID()): JournaledStream {
  return streamOf(
    id,
    Array.from({ length: events }, (_, index) => [registered, verified][index] ?? changed(`ada-${index}`)),
  );
}

export function aMailing(recipients: readonly string[]): JournaledStream {
  return streamOf(randomUUID(), [
    ['MailRequested', { template: 'welcome', requestedBy: randomUUID(), person: { recipients } }],
  ]);
}

/** The last event, not published since an instant. */
export function withUnpublished({ id, events }: JournaledStream, since: Date): JournaledStream {
  return {
    id,
    events: events.map((event, index) =>
      index === events.length - 1 ? { ...event, published: false, at: since.toISOString() } : event,
    ),
  };
}

/** The records of a stream, as a reader of the topic gets them. */
export function recordsOf({ events }: JournaledStream): readonly BusRecord[] {
  return events.map(({ event }, offset) => recordOf(event, offset));
}

export function recordOf(event: LatchkeyEvent, offset = 0): BusRecord {
  const { topic, key, value, headers } = encode(event);
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

/** Another event in its place. */
export function forged(event: LatchkeyEvent): LatchkeyEvent {
  return { ...event, id: randomUUID() };
}
