/** What every store of leases promises. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Leases } from './leases.ts';

export interface OpenLeases {
  readonly leases: Leases;
  close(): Promise<void>;
}

function second(number: number): Date {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, number));
}

export function leasesContract(name: string, open: () => Promise<OpenLeases>): void {
  describe(`leases on ${name}`, () => {
    let leases: Leases;
    let close: () => Promise<void>;

    beforeEach(async () => {
      ({ leases, close } = await open());
    });
    afterEach(() => close());

    function take(holder: string, at: Date, lease = 'sweep') {
      return leases.take({ name: lease, holder, now: at, ms: 5000 });
    }

    test('are taken by one of 50 at once', async () => {
      const taken = await Promise.all(Array.from({ length: 50 }, (_, index) => take(`${index}`, second(0))));
      assert.equal(taken.filter(Boolean).length, 1);
    });

    test('are held until they run out', async () => {
      assert.equal(await take('one', second(0)), true);
      assert.equal(await take('other', new Date(second(5).getTime() - 1)), false);
      assert.equal(await take('other', second(5)), true);
      assert.equal(await take('one', second(6)), false);
    });

    test('are renewed by their holder', async () => {
      await take('one', second(0));
      assert.equal(await take('one', second(3)), true);
      assert.equal(await take('other', second(7)), false);
      assert.equal(await take('other', second(8)), true);
    });

    test('of different names know nothing of each other', async () => {
      await take('one', second(0), 'sweep');
      assert.equal(await take('other', second(0), 'expiry'), true);
    });

    test('are given back early by their holder alone', async () => {
      await take('one', second(0));
      await leases.release('sweep', 'other');
      assert.equal(await take('other', second(1)), false);
      await leases.release('sweep', 'one');
      await leases.release('sweep', 'one');
      assert.equal(await take('other', second(1)), true);
    });
  });
}
