import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FaultLine, ReceivedLine } from '../run-folder.ts';
import { journalOf } from './journal.ts';
import type { TopicRecord } from './stored.ts';
import { checkSubscribers } from './subscriber-rules.ts';
import { ADA_ID, goodRun, goodStores, minuteOfRun } from './testing/good-run.ts';

const journal = journalOf(goodStores.commits);
const records = goodStores.records.filter(({ headers }) => headers['x-forged'] === undefined);

/** Returns whether the rule is violated if a subscriber gets all events of Ada's a second time. */
function isBroken(
  via: ReceivedLine['via'],
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

  test('needs a fault of the sender or a redrive in a webhook', () => {
    function caused(fault: string): boolean {
      return !isBroken('webhook', [{ at: minuteOfRun(1), fault, target: 'x', until: minuteOfRun(2) }]);
    }
    assert.equal(isBroken('webhook'), true);
    for (const fault of ['kill-standalone', 'pause-standalone', 'full-disk', 'ops-redrive'])
      assert.equal(caused(fault), true, fault);
    assert.equal(caused('smtp-5xx'), false);
  });

  test('may come from a record that the log has twice', () => {
    const [first] = records.filter(({ headers }) => headers['ce_subject'] === ADA_ID);
    assert.ok(first);
    assert.equal(isBroken('webhook', [], [...records, { ...first, offset: 990 }]), false);
  });
});
