import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeRetainedPersonalData, formatRetainedPersonalData, type RetainingTopic } from './retained.ts';

const DAY_MS = 24 * 3_600_000;
const topic: RetainingTopic = {
  name: 'security.events.v1',
  contents: 'networks and user agents',
  keeps: { retentionMs: 90 * DAY_MS, segmentMs: 7 * DAY_MS },
};
const receipts = [
  { consumer: 'auth', confirmedAt: '2026-03-01T12:00:02.000Z' },
  { consumer: 'user', confirmedAt: '2026-03-01T12:00:01.000Z' },
  { consumer: 'notifier', confirmedAt: '2026-03-02T12:00:00.000Z' },
  { consumer: 'books', confirmedAt: '2026-03-30T12:00:00.000Z' },
];
/**
 * The time by which Kafka must have removed the data: the time of the last confirmation by one of our own
 * services, plus the retention time of 90 days, the segment duration of 7 days, and an hour for the broker's
 * delays.
 */
const REMOVED_BY = '2026-06-07T13:00:00.000Z';

function retainedAt(now: string, of = topic, confirmed = receipts) {
  return computeRetainedPersonalData({ receipts: confirmed }, of, new Date(now));
}

test('data is gone from a topic once its retention and a segment have passed since our own receipts', () => {
  const before = retainedAt('2026-06-07T12:59:59.999Z');
  const { name, contents } = topic;
  assert.deepEqual(before, { name, contents, removedBy: REMOVED_BY, clean: false });
  assert.equal(formatRetainedPersonalData(before), `networks and user agents until ${REMOVED_BY}`);
  const after = retainedAt(REMOVED_BY);
  assert.deepEqual([after.clean, formatRetainedPersonalData(after)], [true, 'clean']);
});

test('data has no end while one of our own services has not confirmed, or if the topic keeps every record', () => {
  const forever = { ...topic, keeps: { retentionMs: -1, segmentMs: DAY_MS } };
  for (const data of [
    retainedAt('2036-01-01T00:00:00Z', topic, receipts.slice(1)),
    retainedAt('2036-01-01T00:00:00Z', forever),
  ]) {
    assert.deepEqual([data.clean, data.removedBy], [false, undefined]);
    assert.match(formatRetainedPersonalData(data), /^networks and user agents are kept/);
  }
});

test('whether data is gone is unknown while the settings of the topic are', () => {
  const { keeps: _, ...unread } = topic;
  const data = retainedAt('2036-01-01T00:00:00Z', unread);
  assert.deepEqual(
    [data.clean, formatRetainedPersonalData(data)],
    [null, 'networks and user agents: unknown'],
  );
});
