/** Tests that every webhook storage must pass. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { leaseRecordsContract } from '@latchkey/store/testing';
import { keyFingerprintsContract } from '@latchkey/store/testing/key-fingerprints';
import { addEndpoint } from './add-endpoint.ts';
import {
  createEndpoint,
  generateEndpointId,
  MAX_ENDPOINTS,
  type NewEndpoint,
  type WebhookEndpoint,
} from './endpoint.ts';
import {
  type DeliveryAttempt,
  MAX_KEPT_DELIVERY_ATTEMPTS,
  updateEndpoint,
  type WebhookStorage,
} from './ports.ts';
import { createSecretSealer } from './seal.ts';

export interface WebhooksFixture {
  readonly storage: WebhookStorage;
  close(): Promise<void>;
}

const now = new Date('2026-11-28T10:00:00.000Z');
const later = new Date('2026-11-28T11:00:00.000Z');

function endpoint(name: string): WebhookEndpoint {
  const url = 'https://crm.example.com/hooks';
  const fields: NewEndpoint = { name, url, types: ['UserRegistered'], person: true, from: 'now' };
  return createEndpoint(fields, { id: generateEndpointId(), sealed: 'e30..a.b.c', now });
}

/** Returns an endpoint in which every optional field is set. */
function full(): WebhookEndpoint {
  const [first] = endpoint('full').secrets;
  return {
    ...endpoint('full'),
    secrets: first === undefined ? [] : [{ ...first, until: later }, first],
    paused: { at: now, by: 'failures', reason: 'answered 500' },
    delivery: {
      round: 3,
      cursor: 'c1',
      attempts: 7,
      waiting: [{ account: 'ada', partition: 2, offset: 5, event: 'e1', attempts: 2, next: later }],
      failing: { since: now, count: 4, next: later, reason: 'answered 500' },
      redrive: { id: 'r1', end: 'c1', cursor: 'c0', ranges: [{ event: 'e1' }, { since: now, until: later }] },
    },
  };
}

function attempt(n: number): DeliveryAttempt {
  const event = randomUUID();
  const known = { n, at: now, event, type: 'UserRegistered', account: 'ada', milliseconds: 12 };
  return n % 2 === 0
    ? { ...known, delivered: true, status: 204 }
    : { ...known, delivered: false, reason: 'connect ECONNREFUSED' };
}

export function webhooksContract(name: string, open: () => Promise<WebhooksFixture>): void {
  leaseRecordsContract(`webhooks: ${name}`, async () => {
    const { storage, close } = await open();
    return { leases: storage.leases, close };
  });

  keyFingerprintsContract(`webhooks: ${name}`, async () => {
    const { storage, close } = await open();
    return { keyFingerprints: storage.keyFingerprints, close };
  });

  describe(`the store of webhooks: ${name}`, () => {
    function using(work: (storage: WebhookStorage) => Promise<void>) {
      return async () => {
        const { storage, close } = await open();
        await work(storage).finally(close);
      };
    }

    it(
      'finds and lists endpoints as they were added',
      using(async ({ endpoints }) => {
        const added = [endpoint('crm'), full()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
        for (const each of added) await endpoints.add(each, MAX_ENDPOINTS);
        assert.deepEqual(await endpoints.list(), added);
        for (const each of added) assert.deepEqual(await endpoints.find(each.id), each);
        assert.equal(await endpoints.find('we_0'), undefined);
      }),
    );

    it(
      'has no more endpoints than the most, however many are added at once',
      using(async ({ endpoints }) => {
        const fields = {
          name: 'crm',
          url: 'https://crm.example.com/hooks',
          person: true,
          from: 'now',
        } as const;
        const sealer = createSecretSealer([{ bytes: randomBytes(32) }]);
        async function addAtOnce(many: number): Promise<number> {
          const added = await Promise.allSettled(
            Array.from({ length: many }, () =>
              addEndpoint(endpoints, fields, { allowPrivate: false, sealer, now }),
            ),
          );
          const refused = added
            .filter((each) => each.status === 'rejected')
            .map(({ reason }) => reason.reason);
          assert.deepEqual([...new Set(refused)], refused.length === 0 ? [] : ['number']);
          return many - refused.length;
        }
        assert.equal(await addAtOnce(MAX_ENDPOINTS - 1), MAX_ENDPOINTS - 1);
        assert.equal(await addAtOnce(3), 1);
        const [first, second] = await endpoints.list();
        for (const { id } of [first, second].filter((each) => each !== undefined)) await endpoints.remove(id);
        assert.equal(await addAtOnce(4), 2);
        assert.equal((await endpoints.list()).length, MAX_ENDPOINTS);
        assert.equal(await endpoints.add(endpoint('one more'), MAX_ENDPOINTS), false);
      }),
    );

    it(
      'replaces an endpoint only if it is as it was read, so that of 20 changes at once none is lost',
      using(async ({ endpoints }) => {
        const crm = endpoint('crm');
        await endpoints.add(crm, MAX_ENDPOINTS);
        assert.equal(await endpoints.replace({ ...crm, name: 'a' }), true);
        assert.equal(await endpoints.replace({ ...crm, name: 'b' }), false);
        await Promise.all(
          Array.from({ length: 20 }, () =>
            updateEndpoint(endpoints, crm.id, (each) => ({ ...each, name: `${each.name}+` })),
          ),
        );
        const stored = await endpoints.find(crm.id);
        assert.deepEqual([stored?.name, stored?.version], [`a${'+'.repeat(20)}`, 22]);
      }),
    );

    it(
      'removes an endpoint with its attempts, once, and revives none',
      using(async ({ endpoints, attempts }) => {
        const [crm, other] = [endpoint('crm'), endpoint('other')];
        for (const each of [crm, other]) {
          await endpoints.add(each, MAX_ENDPOINTS);
          await attempts.put(each.id, [attempt(0)]);
        }
        assert.equal(await endpoints.remove(crm.id), true);
        assert.equal(await endpoints.remove(crm.id), false);
        assert.equal(await endpoints.replace(crm), false);
        assert.deepEqual(await endpoints.list(), [other]);
        assert.deepEqual(await attempts.list(crm.id, { limit: 9 }), []);
        assert.equal((await attempts.list(other.id, { limit: 9 })).length, 1);
      }),
    );

    it(
      'lists attempts page by page, the latest first, and keeps a limited number',
      using(async ({ attempts }) => {
        const made = Array.from({ length: MAX_KEPT_DELIVERY_ATTEMPTS + 3 }, (_, n) => attempt(n));
        await attempts.put('we_1', []);
        await attempts.put('we_1', made);
        await attempts.put('we_2', [attempt(0)]);
        const all = await attempts.list('we_1', { limit: MAX_KEPT_DELIVERY_ATTEMPTS * 2 });
        assert.deepEqual(all, made.slice(3).toReversed());
        assert.deepEqual(
          (await attempts.list('we_1', { limit: 2, before: 500 })).map(({ n }) => n),
          [499, 498],
        );
      }),
    );
  });
}
