/** The gateway limits requests that hash a password more strictly: its configuration must name their routes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Route } from '@latchkey/http';
import { z } from 'zod';
import { startAuth } from '../testing/auth.fixture.ts';

const configuration = new URL('../../../../deploy/gateway/nginx.conf', import.meta.url);

/** The requests that `$password_client` is set for. */
function strictlyLimited(): RegExp {
  const map = /map "\$request_method \$uri" \$password_client \{\s*"~(?<pattern>[^"]+)"/;
  const pattern = map.exec(readFileSync(configuration, 'utf8'))?.groups?.['pattern'];
  assert.ok(pattern, 'nginx.conf has no pattern for $password_client');
  return new RegExp(pattern);
}

function takesPassword({ body }: Route): boolean {
  if (body === undefined) return false;
  const { properties = {} } = z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' });
  return Object.values(properties).some((field) => typeof field === 'object' && field.format === 'password');
}

test('the gateway limits every route that takes a password, and no other', async (context) => {
  const { service } = await startAuth(context);
  const limited = strictlyLimited();
  assert.ok(service.routes.some(takesPassword));
  for (const route of service.routes) {
    const request = `${route.method} ${route.path.replaceAll(/:\w+/g, 'x')}`;
    assert.equal(limited.test(request), takesPassword(route), request);
  }
});
