/** Tests that every store of trusted addresses must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { TrustedAddresses } from '../trusted-addresses.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';

const DAY = 24 * 60 * 60_000;
const start = new Date('2026-03-01T12:00:00Z');

function after(ms: number): Date {
  return new Date(start.getTime() + ms);
}

export function trustedAddressesContract(name: string, open: OpenEmptyStores): void {
  describe(`trusted addresses on ${name}`, () => {
    let trusted: TrustedAddresses;
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
