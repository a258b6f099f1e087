/** Defines the tests that every store of suppressions must pass. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ALL_MAILS, computeSuppressionId, type MailSuppression } from '../delivery/suppression.ts';
import { computeAddressFingerprint, createAddressHint } from '../recipient.ts';
import type { SuppressionStore } from './suppressions.ts';

/** The store of suppressions under test. */
export interface SuppressionsFixture {
  readonly suppressions: SuppressionStore;
  close(): Promise<void>;
}

const START = Date.parse('2026-11-21T10:00:00.000Z');
function at(seconds: number): Date {
  return new Date(START + seconds * 1000);
}

const ADA = 'ada@example.com';

function suppression(overrides: Partial<MailSuppression> = {}, address = ADA): MailSuppression {
  return {
    recipient: computeAddressFingerprint(address),
    hint: createAddressHint(address),
    mail: 'welcome',
    reason: 'operator',
    since: at(0),
    until: at(60),
    ...overrides,
  };
}

export function defineSuppressionsContractTests(
  name: string,
  open: () => Promise<SuppressionsFixture>,
): void {
  describe(`the store of suppressions: ${name}`, () => {
    function using(work: (suppressions: SuppressionStore) => Promise<void>) {
      return async () => {
        const { suppressions, close } = await open();
        await work(suppressions).finally(close);
      };
    }

    it(
      'finds that of the mail until it ends, and no other',
      using(async (all) => {
        await all.put(suppression());
        assert.deepEqual(await all.find(computeAddressFingerprint(ADA), 'welcome', at(59)), suppression());
        assert.equal(await all.find(computeAddressFingerprint(ADA), 'welcome', at(60)), undefined);
        assert.equal(await all.find(computeAddressFingerprint(ADA), 'verify-email', at(1)), undefined);
        assert.equal(
          await all.find(computeAddressFingerprint('eve@example.com'), 'welcome', at(1)),
          undefined,
        );
      }),
    );

    it(
      'finds that of all mails, and one without an end forever',
      using(async (all) => {
        const { until: _, ...endless } = suppression({ mail: ALL_MAILS });
        await all.put(endless);
        for (const mail of ['welcome', 'reset-password'])
          assert.deepEqual(await all.find(computeAddressFingerprint(ADA), mail, at(1e9)), endless);
      }),
    );

    it(
      'removes those of a recipient that reports have caused, ended or not, and none of others',
      using(async (all) => {
        const bounced = suppression({ reason: 'bounced' });
        const complained = suppression({ reason: 'complained', mail: ALL_MAILS });
        const manual = suppression({ mail: 'verify-email' });
        const others = suppression({ reason: 'bounced' }, 'eve@example.com');
        for (const each of [bounced, complained, manual, others]) await all.put(each);
        for (const _ of Array(2).keys()) await all.removeReportedOf(computeAddressFingerprint(ADA));
        const left = [manual, others].toSorted((a, b) =>
          computeSuppressionId(a) < computeSuppressionId(b) ? -1 : 1,
        );
        assert.deepEqual(await all.list({ now: at(1), limit: 9 }), left);
      }),
    );

    it(
      'replaces one of the same address and mail',
      using(async (all) => {
        const longer = suppression({ since: at(10), until: at(600) });
        await all.put(suppression());
        await all.put(longer);
        assert.deepEqual(await all.list({ now: at(11), limit: 10 }), [longer]);
      }),
    );

    it(
      'lists those that apply, page by page',
      using(async (all) => {
        const many = ['a', 'b', 'c', 'd'].map((letter) =>
          suppression({ until: at(100) }, `${letter}@example.com`),
        );
        for (const each of [...many, suppression()]) await all.put(each);
        const ids = many.map(computeSuppressionId).toSorted();
        const first = await all.list({ now: at(70), limit: 3 });
        const after = first.at(-1);
        assert.ok(after);
        const rest = await all.list({ now: at(70), limit: 3, after: computeSuppressionId(after) });
        assert.deepEqual([...first, ...rest].map(computeSuppressionId), ids);
      }),
    );

    it(
      'removes one, once, and deletes what has ended when another is added',
      using(async (all) => {
        await all.put(suppression());
        assert.equal(await all.remove(suppression()), true);
        assert.equal(await all.remove(suppression()), false);
        await all.put(suppression());
        await all.put(suppression({ since: at(61), until: at(90) }, 'eve@example.com'));
        assert.equal(await all.remove(suppression()), false);
      }),
    );
  });
}
