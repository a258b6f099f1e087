/** Tests that the read model notices when the history of an account has forked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signEventRecord } from '@latchkey/consumer/testing/signed';
import { ACCOUNTS_TOPIC, type EncodedEvent, type LatchkeyEvent } from '@latchkey/events';
import { createTestHistory, createUuidFromText, type TestHistory } from '../testing/history.ts';
import { startTestService } from '../testing/service.ts';

/**
 * Creates signed records of events. Each record contains the hash of the previous record, and the first one
 * the hash of the record `before`.
 */
function continueAfter(
  before: EncodedEvent | undefined,
  events: readonly LatchkeyEvent[],
): readonly EncodedEvent[] {
  let last = before;
  return events.map((event) => {
    last = signEventRecord(event, last?.headers['ce_hash']);
    return last;
  });
}

function revoked(account: TestHistory): LatchkeyEvent {
  return account.add('SessionsRevoked', { reason: 'logout-all' });
}

/**
 * Returns two versions of an account's history: the records of its three events, and the records that a
 * restored journal has published after the first event.
 */
function forkedHistory() {
  const account = createTestHistory('ada');
  const [registered, ...later] = [account.registered(), account.verified(), revoked(account)];
  const [first] = continueAfter(undefined, [registered]);
  assert.ok(first);
  const others = [...later, revoked(account)].map((event) => ({
    ...event,
    id: createUuidFromText(`restored/${event.sequence}`),
  }));
  return {
    id: account.id,
    old: [first, ...continueAfter(first, later)],
    restored: continueAfter(first, others),
  };
}

test('an account is parked once a restored history reaches its sequence, and this is reported', async (context) => {
  const { publish, stateOf, ops, metric, health } = await startTestService(context);
  const { id, old, restored } = forkedHistory();
  await publish(ACCOUNTS_TOPIC, old);
  await publish(ACCOUNTS_TOPIC, restored.slice(0, 1));
  assert.deepEqual(await stateOf(id), { sequence: 3, isParked: false });
  assert.equal(await metric('latchkey_user_forked_accounts'), 0);

  await publish(ACCOUNTS_TOPIC, restored.slice(1));
  assert.deepEqual(await stateOf(id), { sequence: 3, isParked: true });
  const marks = (await ops.findParked(id))?.marks ?? [];
  assert.deepEqual(
    marks.map(({ reason, cause, after }) => [reason, cause, after]),
    [['forked', 'event 3 differs from the event 3 that was applied: the history has forked', 3]],
  );
  assert.equal(await metric('latchkey_user_parked_accounts'), 1);
  assert.equal(await metric('latchkey_user_forked_accounts'), 1);
  const projection = (await health()).find(({ name }) => name === 'projection');
  assert.equal(projection?.state, 'degraded');
  assert.equal(projection.detail, '1 parked accounts, 1 of them because their history has forked');
});

test('repeated events, and events without the data of an erased person, park no account', async (context) => {
  const { publish, stateOf } = await startTestService(context);
  const { id, old } = forkedHistory();
  const erased = old.map(({ value, headers: { ce_personsalt: _, ...headers }, ...record }) => {
    const data: object = JSON.parse(String(value));
    return {
      ...record,
      headers,
      value: Buffer.from(JSON.stringify({ ...data, ...('person' in data && { person: null }) })),
    };
  });
  for (const records of [old, old, erased, old.toReversed(), erased.slice(2)])
    await publish(ACCOUNTS_TOPIC, records);
  assert.deepEqual(await stateOf(id), { sequence: 3, isParked: false });
});

test('an account whose hash an earlier release did not store continues, and is parked by a later fork', async (context) => {
  const { publish, stateOf, database } = await startTestService(context);
  const { id, old, restored } = forkedHistory();
  await publish(ACCOUNTS_TOPIC, old.slice(0, 2));
  assert.deepEqual(await stateOf(id), { sequence: 2, isParked: false });
  await database.write(() => void database.exec('UPDATE user_profiles_v1 SET head = NULL'));
  await publish(ACCOUNTS_TOPIC, [...restored.slice(0, 1), ...old.slice(2)]);
  assert.deepEqual(await stateOf(id), { sequence: 3, isParked: false });
  await publish(ACCOUNTS_TOPIC, restored.slice(2));
  assert.deepEqual(await stateOf(id), { sequence: 3, isParked: true });
});

test('with EVENT_SIGNATURES=warn a record that auth has not published proves no fork', async (context) => {
  const { publish, stateOf } = await startTestService(context, { EVENT_SIGNATURES: 'warn' });
  const { id, old, restored } = forkedHistory();
  const unproven = restored.map(({ headers, ...record }) => ({
    ...record,
    headers: { ...headers, ce_signature: `test.${'A'.repeat(86)}` },
  }));
  await publish(ACCOUNTS_TOPIC, [...old, ...unproven.slice(0, 2)]);
  assert.deepEqual(await stateOf(id), { sequence: 3, isParked: false });
});
