/**
 * Tests that the development pages, which show every mail and event, respond only to requests from this
 * machine. A tunnel or reverse proxy on this machine may forward outside requests with the host name
 * localhost. Therefore a request that has any header that tunnels and proxies add must be refused.
 */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { startStandalone } from '../support/standalone.ts';

const system = await startStandalone();
after(() => system.stop());

const PAGES = ['/', '/mailbox', '/mailbox/api/v1/messages', '/topics', '/topics/api/topics', '/docs'];
const OF_PROXIES = [
  ['Forwarded', 'for=192.0.2.1'],
  ['Via', '1.1 tunnel'],
  ['X-Forwarded-For', '192.0.2.1'],
  ['X-Forwarded-For', '127.0.0.1'],
  ['X-Forwarded-Host', 'localhost'],
  ['X-Forwarded-Proto', 'https'],
  ['X-Forwarded-Anything', ''],
] as const;

/** Sends a request with node:http, because `fetch` cannot send the header Via. */
function get(path: string, headers: Readonly<Record<string, string>>) {
  return new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
    request(system.url + path, { headers }, async (answer) =>
      resolve({ status: answer.statusCode ?? 0, body: await text(answer) }),
    )
      .on('error', reject)
      .end();
  });
}

test('the development pages refuse requests that came through a proxy (ASVS 13.4.2)', async () => {
  for (const path of PAGES) {
    assert.equal((await get(path, {})).status, 200, path);
    for (const [name, value] of OF_PROXIES) {
      const { status, body } = await get(path, { [name]: value });
      assert.equal(status, 421, `${path} with ${name}`);
      assert.equal(JSON.parse(body).code, 'misdirected_request');
    }
  }
});

test('the API accepts requests that came through a proxy, because it belongs behind a gateway (ASVS 13.4.2)', async () => {
  for (const [name, value] of OF_PROXIES)
    assert.equal((await get('/.well-known/jwks.json', { [name]: value })).status, 200, name);
});
