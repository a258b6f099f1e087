import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FaultLine, ReceivedEventLine } from '../run-folder.ts';
import { createJournal } from './journal.ts';
import type { TopicRecord } from './stored.ts';
import { checkSubscribers } from './subscriber-rules.ts';
import { ADA_ID, formatMinuteOfRun, goodRun, goodStores } from './testing/good-run.ts';

const journal = createJournal(goodStores.commits);
const records = goodStores.records.filter(({ headers }) => headers['x-forged'] === undefined);

/**
 * Returns whether the checker reports a violation when one subscriber gets all events of Ada's account a
 * second time.
 */
function isBroken(
  via: ReceivedEventLine['via'],
  faults: readonly FaultLine[] = [],
  stored: readonly TopicRecord[] = records,
): boolean {
  const again = goodRun.received.filter((line) => line.via === via && line.account === ADA_ID);
  const received = [...goodRun.received, ...again];
  const context = { journal, received, subscribers: [via], records: stored, faults };
  return checkSubscribers(context).length > 0;
}

describe('a repetition of the events of an account', () => {
  test('needs no cause in the feed', () => assert.equal(isBroken('feed'), false));

  function hasCause(via: ReceivedEventLine['via'], fault: string, target: string): boolean {
    return !isBroken(via, [{ at: formatMinuteOfRun(1), fault, target, until: formatMinuteOfRun(2) }]);
  }

  test('needs a fault of the sender or a redrive in a webhook', () => {
    assert.equal(isBroken('webhook'), true);
    for (const [fault, target] of [
      ['kill-standalone', 'standalone'],
      ['pause-user', 'user-2'],
      ['ended-by-itself', 'user-1'],
      ['full-disk', 'disk'],
      ['cut-mongodb', 'mongodb'],
      ['slow-broker', 'broker-3'],
      ['ops-redrive', 'ops-redrive'],
    ] as const)
      assert.equal(hasCause('webhook', fault, target), true, fault);
    for (const [fault, target] of [
      ['smtp-5xx', 'smtp'],
      ['kill-auth', 'auth-1'],
      ['clock-ahead', 'clock-of-user-1'],
      ['kill-subscriber', 'subscriber'],
    ] as const)
      assert.equal(hasCause('webhook', fault, target), false, fault);
  });

  test('needs a kill of the subscriber with subscribe()', () => {
    assert.equal(isBroken('subscribe'), true);
    assert.equal(hasCause('subscribe', 'kill-subscriber', 'subscriber'), true);
    assert.equal(hasCause('subscribe', 'kill-user', 'user-1'), false);
    assert.equal(hasCause('subscribe', 'ops-redrive', 'ops-redrive'), false);
  });

  test('may come from a record that the log has twice', () => {
    const [first] = records.filter(({ headers }) => headers['ce_subject'] === ADA_ID);
    assert.ok(first);
    const twice = [...records, { ...first, offset: 990 }];
    assert.equal(isBroken('webhook', [], twice), false);
    assert.equal(isBroken('subscribe', [], twice), true);
  });
});
