/**
 * Tests requests to auth while MongoDB answers, but slowly. A request waits for less than 10 s, and one that is answered
 * with 503 does not count against a limit.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertStatus, type Client, createClient } from './support/client.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { createMailbox } from './support/mailbox.ts';
import { createPersonActions, createUniquePerson, type PersonActions } from './support/people.ts';
import { createTcpProxy, type TcpProxy } from './support/tcp-proxy.ts';

/** The longest time that a request may take, in ms. */
const MAX_MS = 10_000;
/** The number of sign-ups that the limit allows: one before the test slows MongoDB down, and one afterwards. */
const SIGN_UPS = 2;

let proxy: TcpProxy;
let cluster: Cluster;
let client: Client;
let people: PersonActions;
/** How long the proxy delays each response of MongoDB, in ms. */
let delayMs = 0;

before(async () => {
  const server = new URL(process.env['MONGO_URL'] ?? '').host;
  proxy = await createTcpProxy(server, (near, away) => {
    near.pipe(away);
    away.on('data', (bytes) => setTimeout(() => near.destroyed || near.write(bytes), delayMs));
  });
  await proxy.mend();
  cluster = await startCluster({
    instances: { auth: 1, user: 1, notifier: 1 },
    settingsOn: ({ MONGO_URL }, service) =>
      service === 'auth'
        ? {
            MONGO_URL: MONGO_URL.replace(server, proxy.address),
            LIMIT_SIGNUPS_PER_IP: String(SIGN_UPS),
          }
        : {},
  });
  client = createClient(cluster.url);
  people = createPersonActions(client, createMailbox(cluster.mailbox));
});

after(async () => {
  await cluster?.stop();
  await proxy?.cut();
});

async function timed<T>(work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  const ms = performance.now() - began;
  assert.ok(ms < MAX_MS, `took ${Math.round(ms)} ms`);
  return result;
}

test('requests are answered in time, and those that fail do not count', async () => {
  const ada = createUniquePerson('ada');
  assertStatus(await people.signUp(ada), 201);
  delayMs = 1_500;
  for (let attempt = 0; attempt <= SIGN_UPS; attempt += 1)
    assertStatus(await timed(() => people.signUp(createUniquePerson('slow'))), 503);
  const { email, password } = ada;
  const login = await timed(() => client.post('/auth/login', { json: { email, password } }));
  assert.ok([200, 503].includes(login.status), String(login.status));
  delayMs = 0;
  assertStatus(await people.signUp(createUniquePerson('later')), 201);
  assertStatus(await people.signUp(createUniquePerson('last')), 429);
});
