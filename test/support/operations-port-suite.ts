/**
 * Tests that metrics and other operations routes, which show how many requests succeeded or failed, are served on a
 * separate port. ASVS means OWASP ASVS 5.0.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from './client.ts';

const OPERATIONS = ['/metrics', '/readyz', '/livez'];

/**
 * Defines the tests of the public port and the operations port of one process. Must be called within a
 * `describe`.
 */
export function defineOperationsPortTests(
  ports: () => { readonly url: string; readonly operations: string },
): void {
  test('the public port has no operations routes (ASVS 13.4.5)', async () => {
    for (const path of OPERATIONS) {
      for (const disguised of [path, `${path}/`, path.toUpperCase(), `/%2e${path}`, `/api/v1/auth/..${path}`])
        assert.equal((await fetch(ports().url + disguised)).status, 404, disguised);
    }
  });

  test('the operations port has nothing else (ASVS 13.4.5)', async () => {
    for (const path of OPERATIONS) assert.equal((await fetch(ports().operations + path)).status, 200, path);
    for (const path of ['/', '/mailbox', '/topics', '/docs'])
      assert.equal((await fetch(ports().operations + path)).status, 404, path);
    const json = { email: 'ada@example.com', password: 'correct horse battery' };
    const reply = await createClient(ports().operations).post('/auth/login', { json });
    assert.equal(reply.status, 404);
  });
}
