/** Creates events of one account for tests. Sequences are consecutive, and events are one second apart. */
import { createHash } from 'node:crypto';
import type { DataOf, EventType, LatchkeyEvent } from '@latchkey/events';

/** Derives a UUID from a string. The same string always gives the same UUID. */
export function createUuidFromText(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export const HISTORY_START_MS = Date.parse('2026-03-01T12:00:00Z');

export interface TestHistory {
  readonly id: string;
  add<T extends EventType>(type: T, data: Omit<DataOf<T>, 'userId'>): LatchkeyEvent;
  registered(person?: DataOf<'UserRegistered'>['person']): LatchkeyEvent;
  verified(): LatchkeyEvent;
}

export const adaPersonalData = { email: 'ada@example.com', username: 'ada' };

export function createTestHistory(name: string, start = HISTORY_START_MS): TestHistory {
  const id = createUuidFromText(name);
  let sequence = 0;
  const add: TestHistory['add'] = (type, data) => {
    sequence += 1;
    return {
      id: createUuidFromText(`${name}/${sequence}`),
      subject: id,
      sequence,
      time: new Date(start + sequence * 1000).toISOString(),
      correlationId: 'request-1',
      causationId: 'command-1',
      type,
      data: { userId: id, ...data },
    } as unknown as LatchkeyEvent;
  };
  return {
    id,
    add,
    registered: (person = { email: `${name}@example.com`, username: name }) =>
      add('UserRegistered', { role: 'user', locale: 'en', person }),
    verified: () => add('AccountVerified', { locale: 'en', person: adaPersonalData }),
  };
}
