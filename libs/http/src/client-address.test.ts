import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { createClientAddressReader } from './client-address.ts';

function from(peer: string, forwardedFor?: string): IncomingMessage {
  return {
    socket: { remoteAddress: peer },
    headers: { 'x-forwarded-for': forwardedFor },
  } as unknown as IncomingMessage;
}

describe("the client's address", () => {
  const address = createClientAddressReader(['10.0.0.0/8', '2001:db8::/32', '127.0.0.1']);

  for (const [what, peer, forwardedFor, expected] of [
    ['is the peer, whatever it claims', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['is the peer where a proxy forwards nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['is what a trusted proxy has seen', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['is the right-most untrusted one', '10.0.0.1', '1.1.1.1, 198.51.100.1, 10.2.3.4', '198.51.100.1'],
    ['is the left-most where all are trusted', '10.0.0.1', '10.9.9.9, 10.2.3.4', '10.9.9.9'],
    ['is the last readable one', '10.0.0.1', '198.51.100.1, unknown, 10.2.3.4', '10.2.3.4'],
    ['comes without port', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['comes without brackets and port', '10.0.0.1', '[2001:DB9::1]:4711', '2001:db9::1'],
    ['is IPv4 also where it comes mapped into IPv6', '::ffff:203.0.113.9', undefined, '203.0.113.9'],
    ['matches trusted IPv4 also where it comes mapped', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['matches trusted IPv6', '2001:db8::5', '198.51.100.1', '198.51.100.1'],
    ['is empty once the connection is gone', '', undefined, ''],
  ] as const) {
    it(what, () => assert.equal(address(from(peer, forwardedFor)), expected));
  }

  for (const block of ['10.0.0.0/33', '10.0.0/8', 'loopback', '::1/129', '10.0.0.0/', '10.0.0.0/8/8x']) {
    it(`cannot be told from the proxies "${block}"`, () => {
      assert.throws(() => createClientAddressReader([block]), /TRUSTED_PROXIES/);
    });
  }
});
