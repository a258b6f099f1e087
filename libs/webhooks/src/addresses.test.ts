import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { test } from 'node:test';
import { promisify } from 'node:util';
import {
  createPublicAddressLookup,
  findEndpointUrlFault,
  isPublicAddress,
  PrivateAddressError,
} from './addresses.ts';

test('only addresses on the public internet are public', () => {
  for (const address of ['8.8.8.8', '93.184.215.14', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::8'])
    assert.equal(isPublicAddress(address), true, address);
  for (const address of [
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '2001:db8::1',
    '2002:7f00:1::',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    'localhost',
    '',
  ])
    assert.equal(isPublicAddress(address), false, address);
});

test('a URL is https, without credentials, and not at a private address; or what a setting allows', () => {
  const refused = { allowPrivate: false };
  for (const url of [
    'https://crm.example.com/hooks?tenant=1',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]:8443/',
  ])
    assert.equal(findEndpointUrlFault(url, refused), undefined, url);
  const faults: readonly (readonly [url: string, fault: RegExp])[] = [
    ['crm', /absolute URL/],
    [`https://crm.example.com/${'x'.repeat(2000)}`, /2000/],
    ['ftp://crm.example.com/', /https/],
    ['http://crm.example.com/', /https/],
    ['https://ada:secret@crm.example.com/', /password/],
    ['https://crm.example.com/#top', /fragment/],
    ['https://127.0.0.1/', /private/],
    ['https://2130706433/', /private/],
    ['https://0x7f.1/', /private/],
    ['https://[::1]/', /private/],
    ['https://[::ffff:10.0.0.1]/', /private/],
    ['https://localhost:8443/', /private/],
    ['https://crm.localhost/', /private/],
  ];
  for (const [url, fault] of faults) assert.match(findEndpointUrlFault(url, refused) ?? '', fault, url);
  for (const url of ['http://localhost:9000/hooks', 'http://127.0.0.1/', 'https://10.0.0.1/'])
    assert.equal(findEndpointUrlFault(url, { allowPrivate: true }), undefined, url);
});

/** Looks up a host name, with the given addresses in place of a response from DNS. */
function lookUp(answers: readonly string[], options: { readonly all?: boolean } = {}) {
  const lookup = createPublicAddressLookup((_host, _options, done) =>
    done(
      null,
      answers.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
    ),
  );
  return promisify(lookup)('crm.example.com', options);
}

test('a name is looked up for the connection itself, and refused if any of its addresses is private', async () => {
  assert.equal(await lookUp(['8.8.8.8', '8.8.4.4']), '8.8.8.8');
  assert.deepEqual(await lookUp(['8.8.8.8'], { all: true }), [{ address: '8.8.8.8', family: 4 }]);
  for (const answers of [['127.0.0.1'], ['8.8.8.8', '10.0.0.1'], ['::1'], ['2606:4700::1111', 'fd00::1']])
    for (const all of [true, false]) await assert.rejects(lookUp(answers, { all }), PrivateAddressError);
  await assert.rejects(lookUp([]), /has no address/);
});
