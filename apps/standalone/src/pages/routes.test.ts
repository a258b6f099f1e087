import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { test } from 'node:test';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { createMailbox } from '../mailbox/mailbox.ts';
import { openTemporaryDatabase, serveRoutes } from '../testing.ts';
import { createDevelopmentRoutes } from './routes.ts';

function statusAs(url: string, method: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const body = method === 'GET' ? '' : '{}';
    const headers = { Host: host, 'Content-Type': 'application/json', 'Content-Length': body.length };
    request(url, { method, headers }, (answer) => resolve(answer.resume().statusCode ?? 0))
      .on('error', reject)
      .end(body);
  });
}

test('no development route answers a foreign name, whatever it is asked for', async (t) => {
  const database = await openTemporaryDatabase(t);
  const log = createEmbeddedBus({ database });
  t.after(() => log.close());
  const mailbox = createMailbox({ database, now: () => new Date(), newId: randomUUID });
  const routes = createDevelopmentRoutes({ mailbox, log, openApi: () => ({}), asyncApi: () => ({}) });
  const url = await serveRoutes(t, routes);
  assert.ok(routes.length > 20);
  for (const { method, path } of routes) {
    const place = `${url}${path.replaceAll(/:\w+/g, 'x')}`;
    assert.equal(await statusAs(place, method, 'evil.example'), 421, `${method} ${path}`);
    assert.notEqual(await statusAs(place, method, 'localhost'), 421, `${method} ${path}`);
  }
});
