import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { toIpLimitKey, toNetworkLimitKey } from './ip-key.ts';

describe('an address is counted', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0db8:0000:0000:ffff::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['', ''],
    ['unix', 'unix'],
  ];
  for (const [ip, key] of cases) {
    test(`${ip || 'that is not known'} as ${key || 'not known'}`, () => assert.equal(toIpLimitKey(ip), key));
  }

  test('with its whole /64, and with nothing else', () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    const four = fc.tuple(group, group, group, group);
    function written(...parts: number[][]): string {
      return parts
        .flat()
        .map((part) => part.toString(16))
        .join(':');
    }
    const native = four.filter(([first]) => first !== 0);
    fc.assert(
      fc.property(native, four, four, native, (network, host, otherHost, otherNetwork) => {
        assert.equal(toIpLimitKey(written(network, host)), toIpLimitKey(written(network, otherHost)));
        if (written(network) === written(otherNetwork)) return;
        assert.notEqual(toIpLimitKey(written(network, host)), toIpLimitKey(written(otherNetwork, host)));
      }),
    );
  });

  test('whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV6(), fc.ipV4(), fc.string()), (ip) =>
        assert.equal(typeof toIpLimitKey(ip), 'string'),
      ),
    );
  });
});

describe('a network is', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['192.0.2.1', '192.0.2.0/24'],
    ['192.0.2.255', '192.0.2.0/24'],
    ['192.0.3.1', '192.0.3.0/24'],
    ['::ffff:192.0.2.1', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:0::/56'],
    ['2001:db8:1:ff::1', '2001:db8:1:0::/56'],
    ['2001:db8:1:100::1', '2001:db8:1:100::/56'],
    ['', ''],
    ['unix', 'unix'],
  ];
  for (const [ip, key] of cases) {
    test(`of ${ip || 'what is not known'} ${key || 'not known'}`, () =>
      assert.equal(toNetworkLimitKey(ip), key));
  }

  test('the same for all addresses of a subscriber', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
        if (toIpLimitKey(one) === toIpLimitKey(other))
          assert.equal(toNetworkLimitKey(one), toNetworkLimitKey(other));
      }),
    );
  });
});
