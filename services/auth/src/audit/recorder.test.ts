import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { createLogger } from '@latchkey/process';
import { StoreUnavailable } from '@latchkey/store';
import { v7 } from 'uuid';
import { toAddressClaim } from '../account/index.ts';
import type { SecurityEventReport } from '../ports/audit.ts';
import type { AuditEntry } from '../ports/audit-log.ts';
import { createMemoryStores } from '../ports/testing/memory-stores.ts';
import { waitUntil } from '../testing/until.ts';
import type { IpRedaction } from './client.ts';
import { type AuditRecorderDeps, createAuditRecorder } from './recorder.ts';

const ACCOUNT = randomUUID();
const origin = { correlationId: 'request-1', ip: '192.0.2.77', userAgent: 'a browser' };
const failed: SecurityEventReport = {
  origin,
  occurrence: { type: 'LoginFailed', data: { actor: 'unknown', reason: 'password', during: 'login' } },
};

function bench(options: Partial<AuditRecorderDeps> = {}) {
  const added: AuditEntry[] = [];
  const dropped: Record<string, number> = {};
  const recorded: string[] = [];
  let isAway = false;
  let ms = 0;
  const recorder = createAuditRecorder({
    auditLog: {
      add: async (entries) => {
        if (isAway) throw new StoreUnavailable(new Error('refused'));
        added.push(...entries);
      },
      backlog: async (limit) => Math.min(limit, added.length),
    },
    journal: {
      ...createMemoryStores().journal,
      holder: async (claim) => (claim === toAddressClaim('ada@example.com') ? ACCOUNT : undefined),
    },
    ip: { form: 'prefix' },
    metrics: {
      recorded: (type) => recorded.push(type),
      dropped: (reason, events) => {
        dropped[reason] = (dropped[reason] ?? 0) + events;
      },
    },
    logger: createLogger({ name: 'test', level: 'silent' }),
    now: () => new Date('2026-03-01T12:00:00.000Z'),
    newId: () => v7(),
    written: () => undefined,
    monotonic: () => ms,
    ...options,
  });
  return {
    recorder,
    added,
    dropped,
    recorded,
    takeStore: (taken: boolean) => {
      isAway = taken;
    },
    advance: (by: number) => {
      ms += by;
    },
  };
}

async function written(
  report: SecurityEventReport,
  options: Partial<AuditRecorderDeps> = {},
): Promise<AuditEntry> {
  const { recorder, added } = bench(options);
  await recorder.start();
  recorder.record(report);
  await recorder.stop();
  const [entry] = added;
  assert.ok(entry);
  return entry;
}

describe('a security event', () => {
  test('has the request, the time and the client', async () => {
    const entry = await written(failed);
    assert.equal(entry.headers['ce_correlationid'], 'request-1');
    assert.equal(entry.time, '2026-03-01T12:00:00.000Z');
    assert.deepEqual(JSON.parse(entry.value), {
      actor: 'unknown',
      reason: 'password',
      during: 'login',
      person: { ipPrefix: '192.0.2.0/24', userAgent: 'a browser' },
    });
    assert.equal(entry.kept, false);
  });

  test('is about the owner of its address, which itself is not stored', async () => {
    const entry = await written({ ...failed, address: 'ada@example.com' });
    assert.equal(entry.account, ACCOUNT);
    assert.equal(entry.kept, true);
    assert.equal(JSON.parse(entry.value).accountId, ACCOUNT);
    const stranger = await written({ ...failed, address: 'nobody@example.com' });
    assert.equal(stranger.account, undefined);
    for (const { value, headers } of [entry, stranger])
      assert.doesNotMatch(value + JSON.stringify(headers), /example\.com/);
  });

  test('shares a write with events that follow immediately', async (context) => {
    let writes = 0;
    const { recorder, added } = bench({ written: () => void writes++ });
    context.after(() => recorder.stop());
    await recorder.start();
    recorder.record(failed);
    await new Promise(setImmediate);
    recorder.record(failed);
    await waitUntil(async () => added.length === 2);
    assert.equal(writes, 1);
  });

  test('that was not caused by a request has no client', async () => {
    const data = { actor: 'process', settings: { LIMITS: 'true' } } as const;
    const entry = await written({ occurrence: { type: 'ProcessStarted', data } });
    assert.deepEqual(JSON.parse(entry.value), data);
  });

  for (const [ip, person] of [
    [{ form: 'full' }, { ip: '192.0.2.77' }],
    [{ form: 'prefix' }, { ipPrefix: '192.0.2.0/24' }],
    [{ form: 'none' }, {}],
  ] as readonly (readonly [IpRedaction, object])[]) {
    test(`has the IP as AUDIT_IP=${ip.form} says`, async () => {
      const { value } = await written(failed, { ip });
      assert.deepEqual(JSON.parse(value).person, { ...person, userAgent: 'a browser' });
    });
  }

  test('has an HMAC of the IP with AUDIT_IP=hmac: the same for one client, and different with another key', async () => {
    async function macOf(address: string, key: Buffer): Promise<unknown> {
      const report = { ...failed, origin: { ...origin, ip: address } };
      const { value } = await written(report, { ip: { form: 'hmac', key } });
      const { person } = JSON.parse(value);
      assert.deepEqual(Object.keys(person), ['ipHmac', 'userAgent']);
      return person.ipHmac;
    }
    const [key, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const mac = await macOf('192.0.2.77', key);
    assert.equal(await macOf('::ffff:192.0.2.77', key), mac);
    assert.notEqual(await macOf('192.0.2.78', key), mac);
    assert.notEqual(await macOf('192.0.2.77', other), mac);
  });

  test('that anybody can repeat is written once a minute for each cause', async () => {
    const { recorder, added, advance } = bench();
    await recorder.start();
    for (const onceAMinuteFor of ['a', 'a', 'b']) recorder.record({ ...failed, onceAMinuteFor });
    advance(59_999);
    recorder.record({ ...failed, onceAMinuteFor: 'a' });
    advance(1);
    recorder.record({ ...failed, onceAMinuteFor: 'a' });
    await recorder.stop();
    assert.equal(added.length, 3);
  });
});

describe('a flush', () => {
  test('writes all events that were recorded, and none twice', async () => {
    const { recorder, added } = bench();
    for (let n = 0; n < 1200; n += 1) recorder.record(failed);
    await Promise.all([recorder.flush(), recorder.flush()]);
    assert.deepEqual([added.length, new Set(added.map(({ id }) => id)).size], [1200, 1200]);
    await recorder.flush();
    assert.equal(added.length, 1200);
  });

  test('fails while the store is down, and loses no event', async () => {
    const { recorder, added, takeStore } = bench();
    recorder.record(failed);
    takeStore(true);
    await assert.rejects(recorder.flush(), StoreUnavailable);
    takeStore(false);
    await recorder.flush();
    assert.equal(added.length, 1);
  });
});

describe('while the store is down', () => {
  test('events wait in memory, and are written once when it is back', async () => {
    const { recorder, added, takeStore, dropped } = bench();
    takeStore(true);
    await recorder.start();
    for (let n = 0; n < 3; n += 1) recorder.record(failed);
    takeStore(false);
    recorder.record(failed);
    await waitUntil(async () => added.length === 4);
    await recorder.stop();
    assert.equal(new Set(added.map(({ id }) => id)).size, 4);
    assert.equal(dropped['queue'], 0);
  });

  test('events beyond the queue are dropped and counted, and nobody fails because of them', async () => {
    const { recorder, added, takeStore, dropped } = bench({ maxQueued: 2 });
    takeStore(true);
    await recorder.start();
    for (let n = 0; n < 5; n += 1) recorder.record(failed);
    assert.deepEqual(dropped, { queue: 3 });
    await recorder.stop();
    assert.deepEqual(dropped, { queue: 5 });
    assert.deepEqual(added, []);
  });
});

test('events beyond the outbox are dropped and counted', async () => {
  const { recorder, added, dropped, recorded } = bench({ maxBacklog: 1 });
  await recorder.start();
  recorder.record(failed);
  await waitUntil(async () => added.length === 1);
  recorder.record(failed);
  await recorder.stop();
  assert.equal(added.length, 1);
  assert.equal(dropped['outbox'], 1);
  assert.deepEqual(recorded, ['LoginFailed']);
});

test('an event that violates its schema is dropped alone', async () => {
  const { recorder, added, dropped } = bench();
  await recorder.start();
  const data = { actor: 'nobody', settings: {} } as never;
  recorder.record({ occurrence: { type: 'ProcessStarted', data } });
  recorder.record(failed);
  await recorder.stop();
  assert.equal(added.length, 1);
  assert.equal(dropped['invalid'], 1);
});

test('what is queued when the process stops is written first', async () => {
  const { recorder, added } = bench();
  await recorder.start();
  for (let n = 0; n < 1200; n += 1) recorder.record(failed);
  await recorder.stop();
  assert.equal(added.length, 1200);
});
