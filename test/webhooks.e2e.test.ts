/** Webhooks of a standalone that is killed, and of a receiver that fails: no event is lost, and the order is kept. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { createClient } from './support/client.ts';
import { createClientKey } from './support/client-key.ts';
import { eventually } from './support/eventually.ts';
import { createMailbox } from './support/mailbox.ts';
import { createPeople, somebody } from './support/people.ts';
import { runToEnd, startStandalone } from './support/standalone.ts';

interface Event {
  readonly id: string;
  readonly subject: string;
  readonly sequence: string;
}

const system = await startStandalone({ WEBHOOKS_ALLOW_PRIVATE: 'true', LIMITS: 'off' });
after(() => system.stop());
const client = createClient(system.url);
const people = createPeople(client, createMailbox(system.mailbox));

/** Each received event once, in the order of first arrival. */
const effects = new Map<string, Event>();
let secret = '';
let requests = 0;
let forged = 0;
let failsEvery = 3;

const receiver = createServer(async (request, response) => {
  const body = await text(request);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  requests += 1;
  try {
    const event = new Webhook(secret).verify(body, headers) as Event;
    assert.equal(event.id, headers['webhook-id']);
    if (requests % failsEvery === 0) return void response.writeHead(500).end();
    if (!effects.has(event.id)) effects.set(event.id, event);
    // Some responses are lost although the event was received.
    if (requests % 7 === 0) return void request.socket.destroy();
    return void response.writeHead(204).end();
  } catch {
    forged += 1;
    return void response.writeHead(401).end();
  }
}).listen(0, '127.0.0.1');
await once(receiver, 'listening');
after(() => {
  receiver.closeAllConnections();
  receiver.close();
});

function urlOfReceiver(): string {
  const address = receiver.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `http://127.0.0.1:${address.port}/hooks`;
}

/**
 * Returns the ids of each account's events, in order and without repetitions, which are there because the server was
 * killed.
 */
function idsByAccount(events: Iterable<Event>): Readonly<Record<string, readonly string[]>> {
  const groups = Map.groupBy(events, ({ subject }) => subject);
  return Object.fromEntries(
    [...groups].map(([account, own]) => [account, [...new Set(own.map(({ id }) => id))]]),
  );
}

async function allEvents(key: string): Promise<readonly Event[]> {
  const reply = await fetch(`${system.url}/api/v1/events?limit=1000`, {
    headers: { Authorization: `Bearer ${key}` },
  });
  assert.equal(reply.status, 200);
  return (await reply.json()) as readonly Event[];
}

test('none is lost and none comes out of order, although the server is killed and the receiver fails', async () => {
  const added = await system.ops('webhooks', 'add', 'test', urlOfReceiver());
  secret = /whsec_\S+/.exec(added)?.[0] ?? '';
  const id = /we_\w+/.exec(added)?.[0] ?? '';
  const key = await createClientKey(system, 'events');

  for (let round = 0; round < 3; round += 1) {
    const person = somebody('hook');
    await people.signUp(person);
    const { accessToken } = await people.login(person);
    await client.post('/auth/logout-all', { token: accessToken });
    await eventually('the receiver was called', () => requests > round);
    await system.kill();
    await system.start();
  }
  failsEvery = Number.POSITIVE_INFINITY;
  await system.ops('webhooks', 'resume', id);

  await eventually('every event has arrived, in order', async () =>
    isDeepStrictEqual(idsByAccount(effects.values()), idsByAccount(await allEvents(key))),
  );
  assert.equal(Object.keys(idsByAccount(effects.values())).length, 3);
  assert.equal(forged, 0);

  const attempts = await system.ops('webhooks', 'attempts', id);
  assert.match(attempts, /delivered \(204\)/);
  assert.match(attempts, /failed: answered 500/);
});

test('a rotated secret signs as well, and what was sent comes again if it is asked for', async () => {
  const [listed] = (await system.ops('webhooks', 'list', '--json')).trim().split('\n');
  const { id } = JSON.parse(listed ?? '');
  secret = /whsec_\S+/.exec(await system.ops('webhooks', 'rotate', id))?.[0] ?? '';
  const known = new Set(effects.keys());
  effects.clear();
  await system.ops('webhooks', 'redrive', id, '--since', '2020-01-01');
  await eventually('everything has come again', () => effects.size === known.size);
  assert.deepEqual(new Set(effects.keys()), known);
  assert.match(
    await (await fetch(`${system.operations}/metrics`)).text(),
    /latchkey_webhooks_attempts_total/,
  );
});

test('the key that secrets are sealed with is rotated without a receiver noticing, and is needed', async () => {
  const [listed] = (await system.ops('webhooks', 'list', '--json')).trim().split('\n');
  const { id } = JSON.parse(listed ?? '');
  await system.ops('keys', 'rotate', 'webhooks');
  await system.end();
  const WEBHOOK_SECRET_KEY = randomBytes(32).toString('base64url');
  const { code, stdout } = await runToEnd({ DATA_DIR: system.folder, PORT: '0', WEBHOOK_SECRET_KEY });
  assert.equal(code, 1);
  const refusal = `cannot start: WEBHOOK_SECRET_KEY: none of its keys opens the secret of webhook ${id}`;
  assert.ok(stdout.includes(refusal), stdout);

  await system.start();
  await system.ops('keys', 'retire', 'webhooks', 'first');
  await system.end();
  await system.start();
  effects.clear();
  await system.ops('webhooks', 'redrive', id, '--since', '2020-01-01');
  await eventually('everything has come again', () => effects.size > 0);
  assert.equal(forged, 0);
});
