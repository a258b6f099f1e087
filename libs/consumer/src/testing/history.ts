/** Events of accounts as records of a log, for tests. */
import type { BusRecord } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, encode } from '@latchkey/events';

/** Returns a valid account id that ends in the given number. */
export function createTestAccountId(number: number): string {
  return `01980d2e-5a40-7c31-9f0e-${String(number).padStart(12, '0')}`;
}

/** Returns the record of the event with this sequence of an account. */
export function createTestEventRecord(account: string, sequence: number, offset = 0): BusRecord {
  const { value, headers } = encode({
    id: createTestAccountId(sequence),
    subject: account,
    sequence,
    time: '2026-03-01T12:00:00Z',
    correlationId: 'request-1',
    causationId: 'command-1',
    type: 'SessionsRevoked',
    data: { userId: account, reason: 'logout-all' },
  });
  return { ...createUnreadableTestRecord(account, offset), value, headers: mapValues(headers, Buffer.from) };
}

/** Returns a record whose key names an account, but whose content cannot be decoded. */
export function createUnreadableTestRecord(account: string, offset = 0): BusRecord {
  return {
    topic: ACCOUNTS_TOPIC,
    partition: 0,
    offset,
    timestamp: new Date(0),
    key: Buffer.from(account),
    value: Buffer.from('{'),
    headers: {},
  };
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
