/** Defines the tests that every store of trusted addresses must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { MAX_TRUSTED_IPS_PER_ADDRESS, type TrustedAddressStore } from '../trusted-addresses.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';

const DAY = 24 * 60 * 60_000;
const start = new Date('2026-03-01T12:00:00Z');

function after(ms: number): Date {
  return new Date(start.getTime() + ms);
}

export function defineTrustedAddressesContractTests(name: string, open: OpenEmptyStores): void {
  describe(`trusted addresses on ${name}`, () => {
    let trusted: TrustedAddressStore;
    let close: () => Promise<void>;
    let pair: { readonly address: string; readonly ip: string };

    beforeEach(async () => {
      const opened = await open();
      trusted = opened.stores.trustedAddresses;
      close = opened.close;
      pair = { address: `${randomUUID()}@example.com`, ip: '192.0.2.1' };
    });
    afterEach(() => close());

    test('trust a pair of address and IP, and no other, for 30 days', async () => {
      assert.equal(await trusted.isTrusted(pair, start), false);
      await trusted.trust(pair, start);
      assert.equal(await trusted.isTrusted(pair, start), true);
      assert.equal(await trusted.isTrusted({ ...pair, ip: '192.0.2.2' }, start), false);
      assert.equal(await trusted.isTrusted({ ...pair, address: 'other@example.com' }, start), false);
      assert.equal(await trusted.isTrusted(pair, after(30 * DAY - 1)), true);
      assert.equal(await trusted.isTrusted(pair, after(30 * DAY)), false);
    });

    test('start the 30 days again when a pair is trusted again', async () => {
      await trusted.trust(pair, start);
      await trusted.trust(pair, after(20 * DAY));
      assert.equal(await trusted.isTrusted(pair, after(40 * DAY)), true);
    });

    test('write a pair that is trusted again only after a day', async () => {
      await trusted.trust(pair, start);
      await trusted.trust(pair, after(DAY - 1));
      assert.equal(await trusted.isTrusted(pair, after(30 * DAY)), false);
      await trusted.trust(pair, after(DAY));
      assert.equal(await trusted.isTrusted(pair, after(31 * DAY - 1)), true);
    });

    test('trust the whole /64 of an IPv6 address', async () => {
      await trusted.trust({ ...pair, ip: '2001:db8::1' }, start);
      assert.equal(await trusted.isTrusted({ ...pair, ip: '2001:db8::2' }, start), true);
      assert.equal(await trusted.isTrusted({ ...pair, ip: '2001:db8:0:1::1' }, start), false);
    });

    describe('of an address with as many pairs as it may have', () => {
      const ips = Array.from({ length: MAX_TRUSTED_IPS_PER_ADDRESS }, (_, n) => `192.0.2.${n}`);

      beforeEach(async () => {
        for (const [n, ip] of ips.entries()) await trusted.trust({ ...pair, ip }, after(n * 1000));
      });

      async function trustedIps(now: Date): Promise<readonly string[]> {
        const found: string[] = [];
        for (const ip of [...ips, '198.51.100.1'])
          if (await trusted.isTrusted({ ...pair, ip }, now)) found.push(ip);
        return found;
      }

      test('keep all of them, and lose the one that expires first for another one', async () => {
        assert.deepEqual(await trustedIps(start), ips);
        await trusted.trust({ ...pair, ip: '198.51.100.1' }, after(DAY));
        assert.deepEqual(await trustedIps(start), [...ips.slice(1), '198.51.100.1']);
      });

      test('keep one that was trusted again', async () => {
        await trusted.trust({ ...pair, ip: '192.0.2.0' }, after(2 * DAY));
        assert.deepEqual(await trustedIps(start), ips);
        await trusted.trust({ ...pair, ip: '198.51.100.1' }, after(2 * DAY));
        assert.deepEqual(await trustedIps(start), ['192.0.2.0', ...ips.slice(2), '198.51.100.1']);
      });

      test('keep the one that was trusted last, even after the clock was set back', async () => {
        await trusted.trust({ ...pair, ip: '198.51.100.1' }, after(-DAY));
        assert.deepEqual(await trustedIps(start), [...ips.slice(1), '198.51.100.1']);
      });

      test('lose none for a pair of another address', async () => {
        for (const address of [`${pair.address}.org`, `a${pair.address}`, pair.address.slice(0, -1)])
          await trusted.trust({ ...pair, address }, after(DAY));
        assert.deepEqual(await trustedIps(start), ips);
      });
    });

    test('keep what has not expired when the rest is removed', async () => {
      const later = { ...pair, ip: '192.0.2.2' };
      await trusted.trust(pair, start);
      await trusted.trust(later, after(1000));
      await trusted.removeExpired(after(30 * DAY));
      assert.equal(await trusted.isTrusted(pair, start), false);
      assert.equal(await trusted.isTrusted(later, start), true);
    });
  });
}
