/** Tests that every store of leases must pass. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { HeldLease } from './lease-watch.ts';
import type { LeaseRecords } from './leases.ts';

export interface LeaseRecordsFixture {
  readonly leases: LeaseRecords;
  close(): Promise<void>;
}

function lease(holder: string, second = 0, name = 'sweep'): HeldLease {
  return { name, holder, until: new Date(Date.UTC(2026, 0, 1, 0, 0, second)) };
}

export function leaseRecordsContract(name: string, open: () => Promise<LeaseRecordsFixture>): void {
  describe(`leases on ${name}`, () => {
    let leases: LeaseRecords;
    let close: () => Promise<void>;

    beforeEach(async () => {
      ({ leases, close } = await open());
    });
    afterEach(() => close());

    test('are inserted by one of 50 at once, and found as they were inserted', async () => {
      const inserted = await Promise.all(Array.from({ length: 50 }, (_, n) => leases.insert(lease(`${n}`))));
      assert.equal(inserted.filter(Boolean).length, 1);
      assert.deepEqual(await leases.find('sweep'), lease(`${inserted.indexOf(true)}`));
      assert.equal(await leases.find('expiry'), undefined);
      assert.equal(await leases.insert(lease('one', 0, 'expiry')), true);
    });

    test('are replaced by one of 50 at once', async () => {
      await leases.insert(lease('one'));
      const replaced = await Promise.all(
        Array.from({ length: 50 }, (_, n) => leases.replace(lease('one'), lease(`${n}`, 9))),
      );
      assert.equal(replaced.filter(Boolean).length, 1);
      assert.deepEqual(await leases.find('sweep'), lease(`${replaced.indexOf(true)}`, 9));
    });

    test('are not replaced once their holder has renewed or released them', async () => {
      await leases.insert(lease('one'));
      assert.equal(await leases.replace(lease('one'), lease('one', 1)), true);
      assert.equal(await leases.replace(lease('one'), lease('other', 2)), false);
      assert.deepEqual(await leases.find('sweep'), lease('one', 1));
      await leases.remove('sweep', 'one');
      assert.equal(await leases.replace(lease('one', 1), lease('other', 2)), false);
      assert.equal(await leases.find('sweep'), undefined);
    });

    test('are removed by their holder alone', async () => {
      await leases.insert(lease('one'));
      await leases.remove('sweep', 'other');
      assert.deepEqual(await leases.find('sweep'), lease('one'));
      await leases.remove('sweep', 'one');
      await leases.remove('sweep', 'one');
      assert.equal(await leases.find('sweep'), undefined);
    });
  });
}
