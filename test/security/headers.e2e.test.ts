/** Tests the security headers of a server that runs all services in one process. ASVS means OWASP ASVS 5.0, V3.4. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import {
  assertSecurityHeaders,
  CSP_FORBIDDING_ALL_SOURCES,
  defineHeadersTests,
  HEADERS_OF_EVERY_RESPONSE,
} from '../support/headers-suite.ts';
import { createProductionSettings } from '../support/production.ts';
import { startStandalone } from '../support/standalone.ts';

const production = await startStandalone(await createProductionSettings({ after }));
const development = await startStandalone();

// Define this test before the suite, because the suite stops its system at the end.
test('a request that is not HTTP is answered with them (ASVS 3.4.3)', async () => {
  const socket = connect(Number(new URL(production.url).port), '127.0.0.1');
  socket.end('nonsense\r\n\r\n');
  const [, ...lines] = ((await text(socket)).split('\r\n\r\n')[0] ?? '').split('\r\n');
  const headers = new Headers(lines.map((line) => line.split(': ') as [string, string]));
  assertSecurityHeaders(
    headers,
    { ...HEADERS_OF_EVERY_RESPONSE, 'content-security-policy': CSP_FORBIDDING_ALL_SOURCES },
    'nonsense',
  );
});

test('the pages of development load from their own server only (ASVS 3.4.3, 3.6.1)', async () => {
  for (const path of ['/', '/mailbox', '/topics', '/docs']) {
    const { headers, status } = await fetch(development.url + path);
    assert.equal(status, 200);
    assertSecurityHeaders(headers, HEADERS_OF_EVERY_RESPONSE, path);
    assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'; script-src 'self'; /);
    assert.doesNotMatch(headers.get('content-security-policy') ?? '', /unsafe|\*/);
  }
});

defineHeadersTests('In production', async () => production, true);
defineHeadersTests('In development', async () => development, false);
