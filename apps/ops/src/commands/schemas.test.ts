import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { eventTypes, securityEventTypes } from '@latchkey/events';
import { runCommandInProcess } from '../testing/run-in-process.ts';

/**
 * Starts a fake schema registry. It stores the schemas that it receives, and refuses the schemas of the given
 * subjects.
 */
async function startRegistry(t: TestContext, refused: readonly string[] = []) {
  const schemas = new Map<string, unknown>();
  const calls: string[] = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await text(request));
    const path = decodeURIComponent(request.url ?? '');
    calls.push(`${request.method} ${path} ${request.headers.authorization ?? 'anonymous'}`);
    function answer(status: number, content: object): void {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(content));
    }
    if (request.method === 'PUT') return answer(200, body);
    const [, subject = ''] = /^\/subjects\/(.*)\/versions$/.exec(path) ?? [];
    if (refused.includes(subject))
      return answer(409, { error_code: 409, message: 'Schema being registered is incompatible' });
    assert.equal(body.schemaType, 'JSON');
    schemas.set(subject, JSON.parse(body.schema));
    return answer(200, { id: schemas.size });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { url: `http://127.0.0.1:${address.port}/`, schemas, calls };
}

test('the schema of each event is registered under its topic and its name', async (t) => {
  const { url, schemas, calls } = await startRegistry(t);
  const settings = {
    TOPIC_NAMES: 'accounts.events.v1=people',
    SCHEMA_REGISTRY_USER: 'ada',
    SCHEMA_REGISTRY_PASSWORD: 'pw',
  };
  const { code, out } = await runCommandInProcess(settings, 'schemas', 'push', url);
  assert.equal(code, 0);
  assert.equal(schemas.size, eventTypes.length + securityEventTypes.length);
  assert.match(out, /^people-UserRegistered: 1$/m);
  assert.partialDeepStrictEqual(schemas.get('people-UserRegistered'), {
    $id: 'urn:latchkey:event:UserRegistered:1',
  });
  assert.ok(schemas.has('security.events.v1-LoginFailed'));
  assert.ok(calls.includes('PUT /config/people-UserRegistered Basic YWRhOnB3'));
});

test('a refusal by the registry, and an unreachable registry, are reported in one line', async (t) => {
  const { url } = await startRegistry(t, ['accounts.events.v1-UserRegistered']);
  const refused = await runCommandInProcess({}, 'schemas', 'push', url);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /^ops: .*accounts\.events\.v1-UserRegistered.* 409 Schema being registered.*\n$/);
  const away = await runCommandInProcess({}, 'schemas', 'push', 'http://127.0.0.1:1');
  assert.deepEqual([away.code, away.err], [1, 'ops: the registry at 127.0.0.1:1 cannot be reached\n']);
  assert.match((await runCommandInProcess({}, 'schemas', 'push', 'registry')).err, /http\(s\) URL/);
});
