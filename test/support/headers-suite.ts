/** Tests the security headers that every response must have, on every route and with every status. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createClient } from './client.ts';
import { readOperations } from './openapi.ts';
import type { System } from './system.ts';

export const HEADERS_OF_EVERY_RESPONSE = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};
const STS = 'strict-transport-security';
const HSTS = { [STS]: 'max-age=31536000; includeSubDomains' };
export const CSP_FORBIDDING_ALL_SOURCES = "default-src 'none'; frame-ancestors 'none'";
const PAGE =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

export function assertSecurityHeaders(
  headers: Headers,
  expected: Readonly<Record<string, string>>,
  what: string,
): void {
  for (const [name, value] of Object.entries(expected))
    assert.equal(headers.get(name), value, `${name} of ${what}`);
}

function isPage(headers: Headers): boolean {
  return headers.get('content-type')?.startsWith('text/html') ?? false;
}

/**
 * Defines the tests of security headers. ASVS means OWASP ASVS 5.0, V3.4.
 * @param start starts a system @param https whether browsers reach the system by HTTPS only, so that HSTS is required
 */
export function defineHeadersTests(title: string, start: () => Promise<System>, https: boolean): void {
  describe(title, () => {
    let system: System;
    before(async () => {
      system = await start();
    });
    after(() => system?.stop());

    test('every route has them, with good and with bad input (ASVS 3.4.1, 3.4.3, 3.4.4, 3.4.6)', async () => {
      const operations = await readOperations(createClient(system.url));
      assert.ok(operations.length > 20);
      for (const { method, path } of operations) {
        const place = (path.startsWith('/.') ? '' : '/api/v1') + path.replaceAll(/\{\w+\}/g, 'x');
        for (const headers of [{}, { 'Content-Type': 'application/json' }, { Accept: 'text/html' }]) {
          const answer = await fetch(system.url + place, { method, headers, redirect: 'manual' });
          const what = `${method} ${path}, ${answer.status}`;
          assertSecurityHeaders(answer.headers, HEADERS_OF_EVERY_RESPONSE, what);
          assert.equal(
            answer.headers.get('content-security-policy'),
            isPage(answer.headers) ? PAGE : CSP_FORBIDDING_ALL_SOURCES,
          );
          assert.equal(answer.headers.get('strict-transport-security'), https ? HSTS[STS] : null, what);
          await answer.body?.cancel();
        }
      }
    });

    test('a response to an unknown path has them, too (ASVS 3.4.3)', async () => {
      for (const [method, path] of [
        ['GET', '/nowhere'],
        ['DELETE', '/api/v1/auth/login'],
        ['OPTIONS', '/api/v1/auth/login'],
        ['GET', '/%zz'],
      ] as const) {
        const answer = await fetch(system.url + path, { method });
        const expected = {
          ...HEADERS_OF_EVERY_RESPONSE,
          'content-security-policy': CSP_FORBIDDING_ALL_SOURCES,
          ...(https ? HSTS : {}),
        };
        assertSecurityHeaders(answer.headers, expected, `${method} ${path}`);
      }
    });
  });
}
