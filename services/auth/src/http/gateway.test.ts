/**
 * Tests that the gateway's configuration agrees with the services. The configuration must list exactly the
 * routes at which auth hashes a password, and must set the same security headers as the services.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Route, securityHeaders } from '@latchkey/http';
import { z } from 'zod';
import { startTestAuth } from '../testing/auth.fixture.ts';

const configuration = new URL('../../../../deploy/gateway/nginx.conf', import.meta.url);

const text = readFileSync(configuration, 'utf8');

/**
 * Returns a regular expression that matches the requests for which the gateway's configuration sets
 * `$password_client`.
 */
function strictlyLimited(): RegExp {
  const map = /map "\$request_method \$uri" \$password_client \{\s*"~(?<pattern>[^"]+)"/;
  const pattern = map.exec(text)?.groups?.['pattern'];
  assert.ok(pattern, 'nginx.conf has no pattern for $password_client');
  return new RegExp(pattern);
}

function takesPassword({ body }: Route): boolean {
  if (body === undefined) return false;
  const { properties = {} } = z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' });
  return Object.values(properties).some((field) => typeof field === 'object' && field.format === 'password');
}

test('the gateway limits every route that takes a password, and no other', async (context) => {
  const { service } = await startTestAuth(context);
  const limited = strictlyLimited();
  assert.ok(service.routes.some(takesPassword));
  for (const route of service.routes) {
    const request = `${route.method} ${route.path.replaceAll(/:\w+/g, 'x')}`;
    assert.equal(limited.test(request), takesPassword(route), request);
  }
});

test('every answer of the gateway itself has the security headers of the services', () => {
  const own = [...text.matchAll(/^ {4}location [^{]+\{(?<body>(?:[^{}])*)\}/gm)]
    .map(({ groups }) => groups?.['body'] ?? '')
    .filter((body) => /\$problem(_page)?;/.test(body));
  assert.equal(own.length, 3, 'the answers to malformed requests, to all others, and the page');
  const https = securityHeaders.https['Strict-Transport-Security'];
  assert.ok(text.includes(`production "${https}";`));
  for (const body of own) {
    const set = new Map(
      [...body.matchAll(/add_header (\S+) (?:"([^"]*)"|(\S+)) always;/g)].map(
        ([, name = '', quoted, bare = '']) => [name, quoted ?? bare],
      ),
    );
    for (const [name, value] of Object.entries(securityHeaders.every))
      assert.equal(set.get(name), value, name);
    assert.equal(set.get('Strict-Transport-Security'), '$https_only');
  }
});
