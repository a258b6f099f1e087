import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExportedMail } from '@latchkey/export';
import { SentMailsUnavailable } from '../ports/mails.ts';
import { createSentMailsClient } from './remote-mails.ts';

function mail(digit: string): ExportedMail {
  const id = `${digit.repeat(8)}-0000-4000-8000-000000000000`;
  return { id, mail: 'welcome', eventId: id, at: '2026-11-29T09:30:00.000Z', state: 'sent', attempts: [] };
}

test('asks for page after page with the token of the account', async () => {
  const asked: string[] = [];
  const answers = [[mail('1'), mail('2')], [mail('3')], []];
  const mails = createSentMailsClient('http://notifier:8083', async (url, init) => {
    asked.push(`${url} ${new Headers(init?.headers).get('authorization')}`);
    return Response.json({ mails: answers.shift() });
  });
  assert.deepEqual(await Array.fromAsync(mails.toOwner('any', 'abc')), [mail('1'), mail('2'), mail('3')]);
  const base = 'http://notifier:8083/api/v1/mails';
  const at = 'at=2026-11-29T09%3A30%3A00.000Z';
  assert.deepEqual(
    asked,
    ['', `?${at}&after=${mail('2').id}`, `?${at}&after=${mail('3').id}`].map(
      (query) => `${base}${query} Bearer abc`,
    ),
  );
});

test('says that mails are unavailable, whatever goes wrong', async () => {
  const failures: readonly (() => Promise<Response>)[] = [
    async () => Response.json({ mails: [] }, { status: 503 }),
    async () => Response.json({ mails: [{ id: 1 }] }),
    async () => new Response('<html>'),
    async () => {
      throw new TypeError('fetch failed');
    },
  ];
  for (const ask of failures) {
    const mails = createSentMailsClient('http://notifier:8083', ask).toOwner('any', 'abc');
    await assert.rejects(Array.fromAsync(mails), SentMailsUnavailable);
  }
  await assert.rejects(
    Array.fromAsync(createSentMailsClient(undefined).toOwner('any', 'abc')),
    /NOTIFIER_URL/,
  );
});
