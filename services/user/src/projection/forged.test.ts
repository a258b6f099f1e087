/** Tests that forged records, which auth has not published, have no effect. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { signEventRecord } from '@latchkey/consumer/testing/signed';
import { ACCOUNTS_TOPIC, encode, eventSigner, type LatchkeyEvent } from '@latchkey/events';
import { adaPersonalData, createTestHistory } from '../testing/history.ts';
import { startTestService } from '../testing/service.ts';

const stranger = eventSigner({ kid: 'test', key: generateKeyPairSync('ed25519').privateKey });

function promotion(account: ReturnType<typeof createTestHistory>): LatchkeyEvent {
  return account.add('RoleChanged', {
    role: 'admin',
    previousRole: 'user',
    changedBy: 'ops',
    locale: 'en',
    person: adaPersonalData,
  });
}

test('forged records use no sequence and park no account; the genuine next event is applied', async (context) => {
  const { publish, stateOf, metric } = await startTestService(context);
  const account = createTestHistory('ada');
  const first = signEventRecord(account.registered());
  const rogue = createTestHistory('ada');
  const forgedFirst = rogue.registered();
  const forged = promotion(rogue);
  const next = signEventRecord(account.verified(), first.headers['ce_hash']);
  const garbage = { key: account.id, value: Buffer.from('{'), headers: {} };
  await publish(ACCOUNTS_TOPIC, [
    first,
    signEventRecord(forgedFirst, undefined, stranger),
    encode(forged),
    signEventRecord(forged, first.headers['ce_hash'], stranger),
    { ...next, value: Buffer.from(String(next.value).replace('"en"', '"de"')) },
    garbage,
  ]);
  assert.deepEqual(await stateOf(account.id), { sequence: 1, isParked: false });
  await publish(ACCOUNTS_TOPIC, [next]);
  assert.deepEqual(await stateOf(account.id), { sequence: 2, isParked: false });
  assert.equal(await metric('latchkey_user_forged_records_total'), 5);
});

test('with EVENT_SIGNATURES=warn they are processed, and reported', async (context) => {
  const { publish, stateOf, metric } = await startTestService(context, { EVENT_SIGNATURES: 'warn' });
  const account = createTestHistory('ada');
  await publish(ACCOUNTS_TOPIC, [encode(account.registered()), signEventRecord(account.verified())]);
  assert.deepEqual(await stateOf(account.id), { sequence: 2, isParked: false });
  assert.equal(await metric('latchkey_user_forged_records_total'), 1);
});
