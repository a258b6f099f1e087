import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openTemporaryDatabase } from '../testing.ts';
import { createMailbox } from './mailbox.ts';

/** Stores two mails. @returns a search function that returns the subjects of the matching mails, newest first */
async function mails(t: TestContext): Promise<(query: string) => readonly string[]> {
  let made = 0;
  function newId() {
    made += 1;
    return String(made);
  }
  const mailbox = createMailbox({
    database: await openTemporaryDatabase(t),
    now: () => new Date('2026-03-01T12:00:00Z'),
    newId,
  });
  function keep(lines: readonly string[], to: readonly string[]) {
    return mailbox.receive(Buffer.from(lines.join('\r\n')), { from: 'bounces@example.com', to });
  }
  const first = [
    'Message-ID: <first@mail.example>',
    'From: Latchkey <no-reply@example.com>',
    'To: Ada <ada@example.com>',
    'Cc: grace@example.com',
    'Subject: Your link',
    '',
    'Follow it, note: today',
  ];
  const second = ['From: alan@example.com', 'To: mary@example.com', 'Subject: Lunch', '', 'At noon'];
  await keep(first, ['ada@example.com', 'grace@example.com', 'hidden@example.com']);
  await keep(second, ['mary@example.com']);
  return (query) => mailbox.search(query, { start: 0, limit: 10 }).messages.map(({ Subject }) => Subject);
}

const BOTH = ['Lunch', 'Your link'];

test('each filter looks into its own field, and nowhere else', async (t) => {
  const found = await mails(t);
  for (const [filter, word] of [
    ['to', 'ada'],
    ['cc', 'grace'],
    ['bcc', 'hidden'],
    ['from', 'no-reply'],
    ['subject', 'link'],
    ['message-id', 'first@mail'],
  ] as const) {
    assert.deepEqual(found(`${filter}:${word}`), ['Your link'], filter);
    for (const other of ['to', 'cc', 'bcc', 'from', 'subject', 'message-id'].filter(
      (name) => name !== filter,
    ))
      assert.deepEqual(found(`${other}:${word}`), [], `${other}:${word}`);
  }
});

test('addressed finds recipients in every address field', async (t) => {
  const found = await mails(t);
  for (const word of ['ada', 'grace', 'hidden', 'no-reply'])
    assert.deepEqual(found(`addressed:${word}`), ['Your link'], word);
  assert.deepEqual(found('addressed:link'), []);
});

test('a term is negated by either sign, and every term must hold', async (t) => {
  const found = await mails(t);
  assert.deepEqual(found('-to:ada'), ['Lunch']);
  assert.deepEqual(found('!to:ada'), ['Lunch']);
  assert.deepEqual(found('to:example.com -subject:link'), ['Lunch']);
  assert.deepEqual(found('to:ada subject:lunch'), []);
  assert.deepEqual(found('to:example.com'), BOTH);
});

test('names of filters and words are matched without regard to case', async (t) => {
  const found = await mails(t);
  assert.deepEqual(found('TO:ADA'), ['Your link']);
  assert.deepEqual(found('IS:Unread'), BOTH);
});

test('a phrase is one term, and an unknown filter is a word like any other', async (t) => {
  const found = await mails(t);
  assert.deepEqual(found('"follow it"'), ['Your link']);
  assert.deepEqual(found('"it follow"'), []);
  assert.deepEqual(found('subject:"your link"'), ['Your link']);
  assert.deepEqual(found('is:everything'), []);
  assert.deepEqual(found('unknown:link'), []);
});

test('signs that mean something to the database are only signs', async (t) => {
  const found = await mails(t);
  for (const query of ["'", '%', "x'OR'1'='1", '_', '")', '?', '*'])
    assert.deepEqual(found(query), [], query);
});
