import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type ConnectionLimit,
  initialConnectionLimit,
  limitAfterAccepted,
  limitAfterBusy,
} from './connection-limit.ts';

function accept(limit: ConnectionLimit, mails: number, now: number): ConnectionLimit {
  return Array.from({ length: mails }).reduce<ConnectionLimit>(
    (each) => limitAfterAccepted(each, now),
    limit,
  );
}

describe('the number of connections', () => {
  it('is halved when there are too many, once for all that were open then', () => {
    const busy = { open: 8, startedAt: 0, now: 10 };
    const halved = limitAfterBusy(initialConnectionLimit(8), busy);
    assert.equal(halved.now, 4);
    assert.equal(limitAfterBusy(halved, busy), halved);
    assert.equal(limitAfterBusy(halved, { open: 4, startedAt: 11, now: 12 }).now, 2);
  });

  it('grows by one after a round of accepted mails', () => {
    const halved = limitAfterBusy(initialConnectionLimit(8), { open: 8, startedAt: 0, now: 10 });
    assert.equal(accept(halved, 3, 11).now, 4);
    assert.equal(accept(halved, 4, 11).now, 5);
  });

  it('does not return to one that was too many until a minute has passed', () => {
    const halved = limitAfterBusy(initialConnectionLimit(5), { open: 4, startedAt: 0, now: 10 });
    assert.equal(accept(halved, 100, 11).now, 3);
    assert.equal(accept(halved, 100, 70_000).now, 5);
  });

  it('is at least one and never more than the settings allow', () => {
    const event = fc.oneof(fc.constant('accepted' as const), fc.nat(10));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.array(event), (most, events) => {
        let limit = initialConnectionLimit(most);
        events.forEach((each, now) => {
          limit =
            each === 'accepted'
              ? limitAfterAccepted(limit, now * 1_000)
              : limitAfterBusy(limit, { open: each, startedAt: now * 1_000, now: now * 1_000 });
          assert.ok(limit.now >= 1 && limit.now <= most);
        });
      }),
    );
  });
});
