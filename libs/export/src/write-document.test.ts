import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExportDocument, exportDocumentSchema } from './document.ts';
import { type ExportParts, writeExportDocument } from './write-document.ts';

const ID = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';
const AT = '2026-11-29T09:30:00.000Z';

const profile = {
  id: ID,
  email: 'ada@example.com',
  username: 'ada',
  firstName: null,
  lastName: null,
  role: 'user',
  isVerified: true,
  locale: 'en',
  disabled: false,
} as const;

async function* listOf<T>(...entries: readonly T[]): AsyncGenerator<T> {
  yield* entries;
}

function parts(given: Partial<ExportParts> = {}): ExportParts {
  return {
    exportedAt: new Date(AT),
    profile,
    events: listOf(),
    sessions: listOf(),
    mails: listOf(),
    signIns: listOf(),
    ...given,
  };
}

function event(sequence: number): ExportDocument['events'][number] {
  return { sequence, id: ID, type: 'AccountVerified', time: AT, requestId: 'r', data: { userId: ID } };
}

async function written(given: ExportParts): Promise<unknown> {
  return JSON.parse((await Array.fromAsync(writeExportDocument(given))).join(''));
}

test('is one JSON document, with or without entries', async () => {
  assert.deepEqual(await written(parts()), {
    version: 1,
    exportedAt: AT,
    profile,
    events: [],
    sessions: [],
    mails: [],
    signIns: [],
  });
  const session = {
    id: ID,
    createdAt: AT,
    lastUsedAt: AT,
    expiresAt: AT,
    ip: '192.0.2.1',
    userAgent: 'a "b"\n',
  };
  const document = await written(parts({ events: listOf(event(1), event(2)), sessions: listOf(session) }));
  const { events, sessions } = exportDocumentSchema.parse(document);
  assert.deepEqual([events, sessions], [[event(1), event(2)], [session]]);
});

test('writes one line per entry', async () => {
  const lines = await Array.fromAsync(writeExportDocument(parts({ events: listOf(event(1), event(2)) })));
  for (const line of lines) assert.match(line, /^[^\n]+\n$/);
});

test('leaves out what the schema does not name, in every part', async () => {
  const secret = { passwordHash: 'secret', refreshToken: 'secret' };
  const document = await written(
    parts({
      profile: { ...profile, ...secret },
      events: listOf({ ...event(1), ...secret }),
      sessions: listOf({
        id: ID,
        createdAt: AT,
        lastUsedAt: AT,
        expiresAt: AT,
        ip: '',
        userAgent: '',
        ...secret,
      }),
      mails: listOf({ id: ID, mail: 'welcome', eventId: ID, at: AT, state: 'sent', attempts: [], ...secret }),
      signIns: listOf({ id: ID, type: 'LoginFailed', time: AT, ...secret }),
    }),
  );
  assert.doesNotMatch(JSON.stringify(document), /secret/);
});

test('reads no further than its reader', async () => {
  let read = 0;
  async function* endless() {
    for (;;) {
      read += 1;
      yield event(read);
    }
  }
  const lines = writeExportDocument(parts({ events: endless() }));
  for await (const line of lines) if (line.includes('"sequence":3,')) break;
  assert.equal(read, 3);
});
