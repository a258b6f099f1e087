import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BusRecord } from '@latchkey/bus';
import { formatDurationInLargestUnit } from './age.ts';
import { compareStreamWithLog } from './compare-log.ts';
import {
  createAccountStream,
  createErasedAccountStream,
  createForgedEvent,
  createMailingStream,
  createRecordOfEvent,
  createRecordsOfStream,
  withLastEventUnpublished,
} from './testing/streams.ts';
import { createTopicIndex } from './topic-index.ts';
import type { JournaledStream } from './views.ts';

const NOW = new Date('2026-03-02T12:00:00Z');
function ago(ms: number): Date {
  return new Date(NOW.getTime() - ms);
}

/** Compares the stream with a topic that contains these records. */
function compare(stream: JournaledStream, records: readonly BusRecord[], keptSince?: Date) {
  const index = createTopicIndex(() => true);
  index.add(records);
  const entry = index.entryOf(stream.id);
  const compared = compareStreamWithLog({
    stream,
    entry,
    topic: 'the topic',
    now: NOW,
    ...(keptSince && { keptSince }),
  });
  const found = compared.findings.map(({ kind, sequence }) =>
    sequence === undefined ? kind : `${kind} ${sequence}`,
  );
  return { ...compared, found, entry };
}

function at(records: readonly BusRecord[], ...sequences: readonly number[]): readonly BusRecord[] {
  return sequences.flatMap((sequence) => records[sequence - 1] ?? []);
}

describe('an account and its topic', () => {
  test('agree if each event is there once, in order', () => {
    const account = createAccountStream(4);
    const { found, onTopic, visible } = compare(account, createRecordsOfStream(account));
    assert.deepEqual([found, onTopic], [[], 4]);
    assert.deepEqual(
      visible,
      account.events.map(({ event }) => event),
    );
  });

  test('agree if the account is erased, whether or not the topic still has the person', () => {
    const { kept, stream } = createErasedAccountStream();
    const [old, clean] = [createRecordsOfStream(kept), createRecordsOfStream(stream)];
    assert.deepEqual(compare(stream, old).found, []);
    assert.deepEqual(compare(stream, clean).found, []);
    assert.deepEqual(compare(stream, [...old, ...clean]).found, []);
    assert.equal(compare(stream, [...old, ...clean]).onTopic, 3);
    assert.deepEqual(compare(kept, clean).found.length, 2);
  });

  test('agree if events are repeated, however often: repeats are counted', () => {
    const account = createAccountStream(3);
    const { found, entry } = compare(account, at(createRecordsOfStream(account), 1, 1, 2, 1, 3, 2, 3));
    assert.deepEqual([found, entry.repeated], [[], 4]);
  });

  test('disagree if its records are in more than one partition', () => {
    const account = createAccountStream(3);
    const records = createRecordsOfStream(account).map((record, index) => ({
      ...record,
      partition: index === 1 ? 9 : 2,
    }));
    assert.deepEqual(
      compare(account, records).findings.map(({ kind, message }) => [kind, message]),
      [['key-scattered', 'its records are in partitions 2, 9 of the topic']],
    );
  });

  test('disagree about each event that is missing, and no other', () => {
    const account = createAccountStream(6);
    const { found, onTopic } = compare(account, at(createRecordsOfStream(account), 1, 2, 4, 6));
    assert.deepEqual([found, onTopic], [['event-missing 3', 'event-missing 5'], 2]);
  });

  test('disagree about every event if the topic has none', () => {
    assert.deepEqual(compare(createAccountStream(2), []).found, ['event-missing 1', 'event-missing 2']);
  });

  test('agree once a missing event has been repeated in order, however late', () => {
    const account = createAccountStream(4);
    const { found, onTopic, repaired } = compare(
      account,
      at(createRecordsOfStream(account), 1, 3, 4, 1, 2, 3, 4),
    );
    assert.deepEqual([found, onTopic, repaired], [[], 4, 2]);
  });

  test('disagree if a different event is in the place of one', () => {
    const account = createAccountStream(3);
    const [first, second, third] = createRecordsOfStream(account);
    const event = account.events[1]?.event;
    assert.ok(first && second && third && event);
    assert.deepEqual(compare(account, [first, createRecordOfEvent(createForgedEvent(event)), third]).found, [
      'event-differs 2',
    ]);
    assert.deepEqual(
      compare(account, [first, second, third, createRecordOfEvent(createForgedEvent(event))]).found,
      ['event-differs 2'],
    );
  });

  test('disagree if an event differs by a single letter', () => {
    const account = createAccountStream(3);
    const [first, second, third] = createRecordsOfStream(account);
    assert.ok(first && second && third);
    const changed = Buffer.from(String(third.value).replace('ada-2', 'ada-3'));
    assert.deepEqual(compare(account, [first, second, { ...third, value: changed }]).found, [
      'event-differs 3',
    ]);
  });

  test('disagree if the topic has more than the journal', () => {
    const account = createAccountStream(3);
    const shorter = { ...account, events: account.events.slice(0, 2) };
    assert.deepEqual(compare(shorter, createRecordsOfStream(account)).found, ['event-unknown 3']);
    assert.deepEqual(compare(shorter, at(createRecordsOfStream(account), 3, 1, 2)).found, [
      'event-unknown 3',
    ]);
  });

  test('agree if records are unreadable: those are counted', () => {
    const account = createAccountStream(2);
    const [first, second] = createRecordsOfStream(account);
    assert.ok(first && second);
    const { found, entry } = compare(account, [first, { ...first, value: Buffer.from('{') }, second]);
    assert.deepEqual([found, entry.unreadable], [[], 1]);
  });
});

describe('an unpublished commit', () => {
  test('is a finding only once it is older than the relay needs', () => {
    const account = createAccountStream(3);
    const onTopic = at(createRecordsOfStream(account), 1, 2);
    const young = compare(withLastEventUnpublished(account, ago(9_999)), onTopic);
    assert.deepEqual([young.found, young.onTopic, young.unpublished], [[], 2, [ago(9_999)]]);
    const old = compare(withLastEventUnpublished(account, ago(10_000)), onTopic);
    assert.deepEqual(old.found, ['commit-unpublished']);
    assert.match(old.findings[0]?.message ?? '', /^commit 3 has been unpublished for 10 s$/);
  });

  test('is a finding even if it is on the topic but still in the outbox', () => {
    const account = createAccountStream(3);
    assert.deepEqual(
      compare(withLastEventUnpublished(account, ago(60_000)), createRecordsOfStream(account)).found,
      ['commit-unpublished'],
    );
  });

  test('is reported as unpublishable if it violates its contract', () => {
    const account = createAccountStream(2);
    const [first, second] = account.events;
    assert.ok(first && second);
    const broken = { ...second, event: { ...second.event, correlationId: '' } };
    assert.deepEqual(
      compare({ ...account, events: [first, broken] }, at(createRecordsOfStream(account), 1)).found,
      ['event-unpublishable 2'],
    );
  });
});

describe('a journal', () => {
  test('that is broken is reported, and compared up to that point', () => {
    const account = createAccountStream(2);
    const { found, onTopic } = compare(
      { ...account, flaw: 'Commit 3 is missing.' },
      createRecordsOfStream(account),
    );
    assert.deepEqual([found, onTopic], [['journal-broken'], 2]);
  });

  test('is broken if an account begins with anything but UserRegistered', () => {
    const { id, events } = createAccountStream(2);
    const [, second] = events;
    assert.ok(second);
    const alone = { id, events: [{ ...second, event: { ...second.event, sequence: 1 } }] };
    assert.deepEqual(compare(alone, createRecordsOfStream(alone)).found, ['journal-broken']);
  });
});

describe('a mailing whose topic keeps records for a time', () => {
  test('may be gone after that time, and counts as read', () => {
    const mailing = createMailingStream(['ada@example.com']);
    const { found, visible } = compare(mailing, [], ago(0));
    assert.deepEqual([found, visible.length], [[], 1]);
    assert.deepEqual(compare(mailing, [], new Date(0)).found, ['event-missing 1']);
  });
});

test('ages are formatted in their largest whole unit', () => {
  assert.deepEqual([999, 59_999, 60_000, 7_199_999, 90_000_000].map(formatDurationInLargestUnit), [
    '0 s',
    '59 s',
    '1 min',
    '1 h',
    '1 d',
  ]);
});
