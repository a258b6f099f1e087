import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type ConnectionLimitState,
  createConnectionLimit,
  lowerConnectionLimit,
  raiseConnectionLimit,
} from './connection-limit.ts';

function accept(limit: ConnectionLimitState, mails: number, now: number): ConnectionLimitState {
  return Array.from({ length: mails }).reduce<ConnectionLimitState>(
    (each) => raiseConnectionLimit(each, now),
    limit,
  );
}

describe('the number of connections', () => {
  it('is halved when there are too many, once for all that were open then', () => {
    const busy = { open: 8, startedAt: 0, now: 10 };
    const halved = lowerConnectionLimit(createConnectionLimit(8), busy);
    assert.equal(halved.now, 4);
    assert.equal(lowerConnectionLimit(halved, busy), halved);
    assert.equal(lowerConnectionLimit(halved, { open: 4, startedAt: 11, now: 12 }).now, 2);
  });

  it('grows by one after a round of accepted mails', () => {
    const halved = lowerConnectionLimit(createConnectionLimit(8), { open: 8, startedAt: 0, now: 10 });
    assert.equal(accept(halved, 3, 11).now, 4);
    assert.equal(accept(halved, 4, 11).now, 5);
  });

  it('does not return to one that was too many until a minute has passed', () => {
    const halved = lowerConnectionLimit(createConnectionLimit(5), { open: 4, startedAt: 0, now: 10 });
    assert.equal(accept(halved, 100, 11).now, 3);
    assert.equal(accept(halved, 100, 70_000).now, 5);
  });

  it('is at least one and never more than the settings allow', () => {
    const event = fc.oneof(fc.constant('accepted' as const), fc.nat(10));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.array(event), (most, events) => {
        let limit = createConnectionLimit(most);
        events.forEach((each, now) => {
          limit =
            each === 'accepted'
              ? raiseConnectionLimit(limit, now * 1_000)
              : lowerConnectionLimit(limit, { open: each, startedAt: now * 1_000, now: now * 1_000 });
          assert.ok(limit.now >= 1 && limit.now <= most);
        });
      }),
    );
  });
});
