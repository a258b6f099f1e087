/** A valid record, and changes that make it invalid. */
import { encode, type LatchkeyEvent, type RawRecord } from '../src/index.ts';

export const TEST_USER_ID = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';
export const OTHER_USER_ID = '01980a11-0c20-7b02-8a44-91e7d5c3b2a1';

export const accountVerifiedEvent: LatchkeyEvent = {
  id: '01980d2e-6b00-7000-8000-000000000001',
  subject: TEST_USER_ID,
  sequence: 42,
  time: '2026-01-01T09:30:00.000Z',
  correlationId: 'request-1',
  causationId: 'command-1',
  type: 'AccountVerified',
  data: { userId: TEST_USER_ID, locale: 'en', person: { email: 'ada@example.com', username: 'ada' } },
};

/** Returns the record as Kafka delivers it, that is, with a key, headers and value that consist of bytes. */
export function toRawRecord(event: LatchkeyEvent): RawRecord {
  const { key, value, headers } = encode(event);
  const bytes = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]);
  return { key: Buffer.from(key), value, headers: Object.fromEntries(bytes) };
}

const verified = toRawRecord(accountVerifiedEvent);

export function createRecordWithHeaders(headers: RawRecord['headers']): RawRecord {
  return {
    ...verified,
    headers: { ...verified.headers, ...headers },
  };
}

export function createRecordWithKey(key: Buffer | null): RawRecord {
  return { ...verified, key };
}

export function createRecordWithValue(value: Buffer | string | null): RawRecord {
  return {
    ...verified,
    value: typeof value === 'string' ? Buffer.from(value) : value,
  };
}

/** Returns the valid record with the given fields of its data replaced. */
export function createRecordWithData(fields: Readonly<Record<string, unknown>>): RawRecord {
  return createRecordWithValue(JSON.stringify({ ...accountVerifiedEvent.data, ...fields }));
}
