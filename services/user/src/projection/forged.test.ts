/** Tests that records that auth has not published change nothing. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { signEvent, testEventKeySource } from '@latchkey/consumer/testing/signed';
import { ACCOUNTS_TOPIC, encode, eventSigner, type LatchkeyEvent } from '@latchkey/events';
import { createLogger, createRegistry, readConfig } from '@latchkey/process';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import { compose, userTopics } from '../compose.ts';
import { userSettings } from '../config.ts';
import { openOps } from '../ops.ts';
import { ada, createTestHistory } from '../testing/history.ts';

const stranger = eventSigner({ kid: 'test', key: generateKeyPairSync('ed25519').privateKey });

async function openService(context: TestContext, settings: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-forged-'));
  const database = openDatabase({ folder, as: 'server' });
  const bus = createEmbeddedBus({ database });
  await bus.ensureTopics(userTopics);
  const registry = createRegistry();
  const config = readConfig(userSettings, { PUBLIC_URL: 'https://id.example.com', ...settings });
  const service = compose(config, {
    backend: { store: createSqliteStore(database), bus },
    logger: createLogger({ name: 'user', level: 'silent' }),
    registry,
    eventKeys: testEventKeySource,
  });
  await service.start();
  context.after(async () => {
    await service.stop();
    await bus.close();
    await database.close();
    await rm(folder, { recursive: true });
  });
  async function forgedRecords(): Promise<number> {
    const text = await registry.metrics();
    return Number(/^latchkey_user_forged_records_total (\d+)$/m.exec(text)?.[1]);
  }
  async function settle(): Promise<void> {
    for (;;) {
      const { read, records } = await bus.progressOf('user', [ACCOUNTS_TOPIC]);
      if (read === records) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  async function stateOf(account: string) {
    await settle();
    const profiles = await openOps(createSqliteStore(database)).activeProfiles();
    const stored = (await profiles.load([account])).get(account);
    return { sequence: stored?.sequence ?? 0, isParked: stored?.parked !== undefined };
  }
  return { publish: bus.publish, stateOf, forgedRecords };
}

function promotion(account: ReturnType<typeof createTestHistory>): LatchkeyEvent {
  return account.add('RoleChanged', {
    role: 'admin',
    previousRole: 'user',
    changedBy: 'ops',
    locale: 'en',
    person: ada,
  });
}

test('forged records take no sequence number and park nobody; the true next event counts', async (context) => {
  const { publish, stateOf, forgedRecords } = await openService(context);
  const account = createTestHistory('ada');
  const first = signEvent(account.registered());
  const rogue = createTestHistory('ada');
  rogue.registered();
  const forged = promotion(rogue);
  const next = signEvent(account.verified(), first.headers['ce_hash']);
  const garbage = { key: account.id, value: Buffer.from('{'), headers: {} };
  await publish(ACCOUNTS_TOPIC, [
    first,
    encode(forged),
    signEvent(forged, first.headers['ce_hash'], stranger),
    { ...next, value: Buffer.from(String(next.value).replace('"en"', '"de"')) },
    garbage,
  ]);
  assert.deepEqual(await stateOf(account.id), { sequence: 1, isParked: false });
  await publish(ACCOUNTS_TOPIC, [next]);
  assert.deepEqual(await stateOf(account.id), { sequence: 2, isParked: false });
  assert.equal(await forgedRecords(), 4);
});

test('with EVENT_SIGNATURES=warn they are processed, and reported', async (context) => {
  const { publish, stateOf, forgedRecords } = await openService(context, { EVENT_SIGNATURES: 'warn' });
  const account = createTestHistory('ada');
  await publish(ACCOUNTS_TOPIC, [encode(account.registered()), signEvent(account.verified())]);
  assert.deepEqual(await stateOf(account.id), { sequence: 2, isParked: false });
  assert.equal(await forgedRecords(), 1);
});
