import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkErasures, restoreErasedCommits } from './erasure-rules.ts';
import { createJournal } from './journal.ts';
import type { Commit } from './stored.ts';
import {
  createCommit,
  createEvent,
  DAN_ID,
  FAY_ID,
  formatMinuteOfRun,
  goodStores,
  TIME_AFTER_RUN,
} from './testing/good-run.ts';
import { findErasedAccountsNamedIn, findIdentifiersOfErasedPeople, findTracesInRecords } from './traces.ts';

function registered(id: string): Commit {
  return createCommit(id, [1, 1], 'x', [createEvent('UserRegistered', formatMinuteOfRun(0), { userId: id })]);
}
function requested(eraseAt: string): Commit {
  return createCommit(DAN_ID, [2, 2], 'y', [
    createEvent('AccountErasureRequested', formatMinuteOfRun(1), { userId: DAN_ID, eraseAt, person: {} }),
  ]);
}
function last(type: string, number = 3): Commit {
  return createCommit(DAN_ID, [number, number], 'z', [
    createEvent(type, formatMinuteOfRun(3), { userId: DAN_ID }),
  ]);
}
function found(...commits: readonly Commit[]): readonly string[] {
  return checkErasures(createJournal([registered(DAN_ID), ...commits]), TIME_AFTER_RUN).map(
    ({ detail }) => detail,
  );
}

describe('the rule of erasures', () => {
  test('accepts accounts that are not due yet, were kept, or were erased in time', () => {
    assert.deepEqual(found(requested(formatMinuteOfRun(100))), []);
    assert.deepEqual(found(requested(formatMinuteOfRun(2)), last('AccountErasureCanceled')), []);
    assert.deepEqual(found(requested(formatMinuteOfRun(2)), last('AccountErased')), []);
  });

  test('reports an account that is overdue, or was erased without a request, too early or not permanently', () => {
    assert.match(
      found(requested(formatMinuteOfRun(2))).join(),
      /was due to be erased at .*, but is not erased/,
    );
    assert.match(found(last('AccountErased', 2)).join(), /without being due/);
    assert.match(found(requested(formatMinuteOfRun(40)), last('AccountErased')).join(), /without being due/);
    const kept = [requested(formatMinuteOfRun(2)), last('AccountErasureCanceled')];
    assert.match(found(...kept, last('AccountErased', 4)).join(), /without being due/);
    const after = [requested(formatMinuteOfRun(2)), last('AccountErased'), last('AccountEnabled', 4)];
    assert.match(found(...after).join(), /has events after its erasure/);
  });
});

describe('the personal data of an erased account', () => {
  const restored = createJournal(restoreErasedCommits(goodStores.commits, goodStores.records));

  test('is restored from the topic, unless a record differs in more than the person', () => {
    assert.equal(restored.events.get(DAN_ID)?.[0]?.data.person?.username, 'dan');
    const altered = goodStores.records.map((record) => ({
      ...record,
      payload: record.payload?.replace('"role":"user"', '"role":"admin"') ?? null,
    }));
    const left = createJournal(restoreErasedCommits(goodStores.commits, altered)).events.get(DAN_ID);
    assert.equal(left?.[0]?.data.person, null);
  });

  test('identifies the account, except for names that another account has as well', () => {
    const names = findIdentifiersOfErasedPeople(restored);
    assert.deepEqual([...names.keys()].toSorted(), ['dan', 'dan@example.com']);
    const again = createCommit(FAY_ID, [7, 8], 'x', [
      createEvent('ProfileChanged', formatMinuteOfRun(20), { userId: FAY_ID, person: { username: 'dan' } }),
    ]);
    const shared = createJournal(restoreErasedCommits([...goodStores.commits, again], goodStores.records));
    assert.deepEqual([...findIdentifiersOfErasedPeople(shared).keys()], ['dan@example.com']);
    const address = { person: { email: 'dan@example.com' } };
    const signUp = createCommit(FAY_ID, [7, 8], 'x', [
      createEvent('ProfileChanged', formatMinuteOfRun(20), { userId: FAY_ID, ...address }),
    ]);
    const contained = createJournal(
      restoreErasedCommits([...goodStores.commits, signUp], goodStores.records),
    );
    assert.deepEqual(
      [...findIdentifiersOfErasedPeople(contained).keys()],
      [],
      'the username is part of the address',
    );
  });

  test('is found in any bytes that contain it', () => {
    const names = findIdentifiersOfErasedPeople(restored);
    assert.deepEqual(
      findErasedAccountsNamedIn(Buffer.from([0, ...Buffer.from('xdan@example.comx'), 1]), names),
      [DAN_ID],
    );
    assert.deepEqual(findErasedAccountsNamedIn(Buffer.from('eve@example.com'), names), []);
  });

  test('is found in topics, except in topics that keep it by design', () => {
    const names = findIdentifiersOfErasedPeople(restored);
    function tracesIn(topic: string, payload = '{"actor":"dan@example.com"}') {
      return findTracesInRecords(
        [{ topic, partition: 0, offset: 7, key: null, headers: {}, payload }],
        names,
      );
    }
    assert.deepEqual(tracesIn('security.events.v1'), [
      { account: DAN_ID, place: 'record security.events.v1 0 7' },
    ]);
    assert.deepEqual(tracesIn('security.events.v1', '{}'), []);
    for (const topic of ['accounts.events.v1', 'accounts.events.v1.dlq.user', '__consumer_offsets'])
      assert.deepEqual(tracesIn(topic), []);
  });
});
