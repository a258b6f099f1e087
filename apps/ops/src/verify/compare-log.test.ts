import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JournaledStream } from '@latchkey/auth/verifying';
import type { BusRecord } from '@latchkey/bus';
import { aMailing, anAccount, forged, recordOf, recordsOf, withUnpublished } from '../testing/streams.ts';
import { compareLog, inWords } from './compare-log.ts';
import { createTopicBook } from './topic-book.ts';

const NOW = new Date('2026-03-02T12:00:00Z');
function ago(ms: number): Date {
  return new Date(NOW.getTime() - ms);
}

/** The stream, and these records on its topic. */
function compare(stream: JournaledStream, records: readonly BusRecord[], keptSince?: Date) {
  const book = createTopicBook(() => true);
  book.take(records);
  const entry = book.of(stream.id);
  const verdict = compareLog({
    stream,
    entry,
    topic: 'the topic',
    now: NOW,
    ...(keptSince && { keptSince }),
  });
  const found = verdict.findings.map(({ kind, sequence }) =>
    sequence === undefined ? kind : `${kind} ${sequence}`,
  );
  return { ...verdict, found, entry };
}

function at(records: readonly BusRecord[], ...sequences: readonly number[]): readonly BusRecord[] {
  return sequences.flatMap((sequence) => records[sequence - 1] ?? []);
}

describe('an account and its topic', () => {
  test('agree where each event is there once, in order', () => {
    const account = anAccount(4);
    const { found, reach, visible } = compare(account, recordsOf(account));
    assert.deepEqual([found, reach], [[], 4]);
    assert.deepEqual(
      visible,
      account.events.map(({ event }) => event),
    );
  });

  test('agree where events come again, however often: they are counted', () => {
    const account = anAccount(3);
    const { found, entry } = compare(account, at(recordsOf(account), 1, 1, 2, 1, 3, 2, 3));
    assert.deepEqual([found, entry.repeated], [[], 4]);
  });

  test('disagree about each event that is missing, and no other', () => {
    const account = anAccount(6);
    const { found, reach } = compare(account, at(recordsOf(account), 1, 2, 4, 6));
    assert.deepEqual([found, reach], [['event-missing 3', 'event-missing 5'], 2]);
  });

  test('disagree about all of it where none is there', () => {
    assert.deepEqual(compare(anAccount(2), []).found, ['event-missing 1', 'event-missing 2']);
  });

  test('agree again once what was missing is there, in its turn, however late', () => {
    const account = anAccount(4);
    const { found, reach, repaired } = compare(account, at(recordsOf(account), 1, 3, 4, 1, 2, 3, 4));
    assert.deepEqual([found, reach, repaired], [[], 4, 2]);
  });

  test('disagree where another event stands in the place of one', () => {
    const account = anAccount(3);
    const [first, second, third] = recordsOf(account);
    const event = account.events[1]?.event;
    assert.ok(first && second && third && event);
    assert.deepEqual(compare(account, [first, recordOf(forged(event)), third]).found, ['event-differs 2']);
    assert.deepEqual(compare(account, [first, second, third, recordOf(forged(event))]).found, [
      'event-differs 2',
    ]);
  });

  test('disagree where an event says something else, were it only a letter', () => {
    const account = anAccount(3);
    const [first, second, third] = recordsOf(account);
    assert.ok(first && second && third);
    const said = Buffer.from(String(third.value).replace('ada-2', 'ada-3'));
    assert.deepEqual(compare(account, [first, second, { ...third, value: said }]).found, ['event-differs 3']);
  });

  test('disagree where the topic has more than the journal', () => {
    const account = anAccount(3);
    const shorter = { ...account, events: account.events.slice(0, 2) };
    assert.deepEqual(compare(shorter, recordsOf(account)).found, ['event-unknown 3']);
    assert.deepEqual(compare(shorter, at(recordsOf(account), 3, 1, 2)).found, ['event-unknown 3']);
  });

  test('agree where records cannot be read: they are counted', () => {
    const account = anAccount(2);
    const [first, second] = recordsOf(account);
    assert.ok(first && second);
    const { found, entry } = compare(account, [first, { ...first, value: Buffer.from('{') }, second]);
    assert.deepEqual([found, entry.unreadable], [[], 1]);
  });
});

describe('what is still to be published', () => {
  test('is no fault while it is young, and one once it is older than the relay takes', () => {
    const account = anAccount(3);
    const onTopic = at(recordsOf(account), 1, 2);
    const young = compare(withUnpublished(account, ago(9_999)), onTopic);
    assert.deepEqual([young.found, young.reach, young.unpublished], [[], 2, [ago(9_999)]]);
    const old = compare(withUnpublished(account, ago(10_000)), onTopic);
    assert.deepEqual(old.found, ['commit-unpublished']);
    assert.match(old.findings[0]?.says ?? '', /^commit 3 has been unpublished for 10 s$/);
  });

  test('is a fault, too, where it is on the topic and was never taken out of the outbox', () => {
    const account = anAccount(3);
    assert.deepEqual(compare(withUnpublished(account, ago(60_000)), recordsOf(account)).found, [
      'commit-unpublished',
    ]);
  });

  test('cannot be published where it breaks its contract', () => {
    const account = anAccount(2);
    const [first, second] = account.events;
    assert.ok(first && second);
    const broken = { ...second, event: { ...second.event, correlationId: '' } };
    assert.deepEqual(compare({ ...account, events: [first, broken] }, at(recordsOf(account), 1)).found, [
      'event-unpublishable 2',
    ]);
  });
});

describe('a journal', () => {
  test('that cannot be followed is said so, and compared as far as it can', () => {
    const account = anAccount(2);
    const { found, reach } = compare({ ...account, flaw: 'Commit 3 is missing.' }, recordsOf(account));
    assert.deepEqual([found, reach], [['journal-broken'], 2]);
  });

  test('in which an account begins with anything but UserRegistered is broken', () => {
    const { id, events } = anAccount(2);
    const [, second] = events;
    assert.ok(second);
    const alone = { id, events: [{ ...second, event: { ...second.event, sequence: 1 } }] };
    assert.deepEqual(compare(alone, recordsOf(alone)).found, ['journal-broken']);
  });
});

describe('a mailing whose topic keeps records for a time', () => {
  test('need not be there any more once that is over, and counts as read', () => {
    const mailing = aMailing(['ada@example.com']);
    const { found, visible } = compare(mailing, [], ago(0));
    assert.deepEqual([found, visible.length], [[], 1]);
    assert.deepEqual(compare(mailing, [], new Date(0)).found, ['event-missing 1']);
  });
});

test('ages are told in their largest whole unit', () => {
  assert.deepEqual([999, 59_999, 60_000, 7_199_999, 90_000_000].map(inWords), [
    '0 s',
    '59 s',
    '1 min',
    '1 h',
    '1 d',
  ]);
});
