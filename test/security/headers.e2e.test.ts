/** Tests the security headers that every response must have, on every route and with every status (ASVS 5.0, 3.4). */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { createClient } from '../support/client.ts';
import { operationsOf } from '../support/openapi.ts';
import { productionSettings } from '../support/production.ts';
import { startStandalone } from '../support/standalone.ts';

const everywhere = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};
const STS = 'strict-transport-security';
const HSTS = { [STS]: 'max-age=31536000; includeSubDomains' };
const LOCKED = "default-src 'none'; frame-ancestors 'none'";
const PAGE =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const production = await startStandalone(await productionSettings({ after }));
after(() => production.stop());
const development = await startStandalone();
after(() => development.stop());

function assertHeaders(headers: Headers, expected: Readonly<Record<string, string>>, what: string): void {
  for (const [name, value] of Object.entries(expected))
    assert.equal(headers.get(name), value, `${name} of ${what}`);
}

function isPage(headers: Headers): boolean {
  return headers.get('content-type')?.startsWith('text/html') ?? false;
}

for (const { system, https } of [
  { system: production, https: true },
  { system: development, https: false },
]) {
  describe(`in ${https ? 'production' : 'development'}`, () => {
    test('every route has them, with good and with bad input', async () => {
      const operations = await operationsOf(createClient(system.url));
      assert.ok(operations.length > 20);
      for (const { method, path } of operations) {
        const place = (path.startsWith('/.') ? '' : '/api/v1') + path.replaceAll(/\{\w+\}/g, 'x');
        for (const headers of [{}, { 'Content-Type': 'application/json' }, { Accept: 'text/html' }]) {
          const answer = await fetch(system.url + place, { method, headers, redirect: 'manual' });
          const what = `${method} ${path}, ${answer.status}`;
          assertHeaders(answer.headers, everywhere, what);
          assert.equal(answer.headers.get('content-security-policy'), isPage(answer.headers) ? PAGE : LOCKED);
          assert.equal(answer.headers.get('strict-transport-security'), https ? HSTS[STS] : null, what);
          await answer.body?.cancel();
        }
      }
    });

    test('a response to an unknown path has them, too', async () => {
      for (const [method, path] of [
        ['GET', '/nowhere'],
        ['DELETE', '/api/v1/auth/login'],
        ['OPTIONS', '/api/v1/auth/login'],
        ['GET', '/%zz'],
      ] as const) {
        const answer = await fetch(system.url + path, { method });
        const expected = { ...everywhere, 'content-security-policy': LOCKED, ...(https ? HSTS : {}) };
        assertHeaders(answer.headers, expected, `${method} ${path}`);
      }
    });
  });
}

test('a request that is not HTTP is answered with them', async () => {
  const socket = connect(Number(new URL(production.url).port), '127.0.0.1');
  socket.end('nonsense\r\n\r\n');
  const [, ...lines] = ((await text(socket)).split('\r\n\r\n')[0] ?? '').split('\r\n');
  const headers = new Headers(lines.map((line) => line.split(': ') as [string, string]));
  assertHeaders(headers, { ...everywhere, 'content-security-policy': LOCKED }, 'nonsense');
});

test('the pages of development load from their own server only', async () => {
  for (const path of ['/', '/mailbox', '/topics', '/docs']) {
    const { headers, status } = await fetch(development.url + path);
    assert.equal(status, 200);
    assertHeaders(headers, everywhere, path);
    assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'; script-src 'self'; /);
    assert.doesNotMatch(headers.get('content-security-policy') ?? '', /unsafe|\*/);
  }
});
