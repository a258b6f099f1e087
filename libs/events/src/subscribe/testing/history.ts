/** Creates the events of one account. Each event gets the next sequence. */
import { randomUUID } from 'node:crypto';
import type { OutgoingRecord } from '@latchkey/bus';
import type { DataOf, EventOf, EventType, LatchkeyEvent } from '../../catalogue.ts';
import { encode } from '../../codec.ts';

export const testPerson = { email: 'ada@example.com', username: 'ada' };

export function createTestAccount() {
  const id = randomUUID();
  let sequence = 0;
  function add<T extends EventType>(type: T, data: DataOf<T>): EventOf<T> {
    sequence += 1;
    return {
      id: randomUUID(),
      subject: id,
      sequence,
      time: new Date(Date.UTC(2026, 0, 1, 0, 0, sequence)).toISOString(),
      correlationId: `request-${sequence}`,
      causationId: 'command-1',
      type,
      data,
    };
  }
  return {
    id,
    registered: (person: DataOf<'UserRegistered'>['person'] = testPerson) =>
      add('UserRegistered', { userId: id, role: 'user', locale: 'en', person }),
    verified: () => add('AccountVerified', { userId: id, locale: 'en', person: testPerson }),
    erased: () => add('AccountErased', { userId: id }),
    revoked: () => add('SessionsRevoked', { userId: id, reason: 'logout-all' }),
  };
}

export function toOutgoingRecord(event: LatchkeyEvent): OutgoingRecord {
  const { key, value, headers } = encode(event);
  return { key, value, headers };
}

/**
 * Returns the record of an event, but with the given type. A type that this release does not know simulates
 * an event of a later release.
 */
export function createRecordWithType(event: LatchkeyEvent, type: string): OutgoingRecord {
  const record = toOutgoingRecord(event);
  const schema = `urn:latchkey:event:${type}:1`;
  return { ...record, headers: { ...record.headers, ce_type: type, ce_dataschema: schema } };
}

/** Returns the record of an event, but with the given version. */
export function createRecordWithVersion(event: LatchkeyEvent, version: number): OutgoingRecord {
  const record = toOutgoingRecord(event);
  const schema = `urn:latchkey:event:${event.type}:${version}`;
  return { ...record, headers: { ...record.headers, ce_dataschema: schema } };
}

/** Returns the record of an event, with a value that is truncated JSON. */
export function createRecordWithTruncatedValue(event: LatchkeyEvent): OutgoingRecord {
  return {
    ...toOutgoingRecord(event),
    value: Buffer.from('{'),
  };
}
