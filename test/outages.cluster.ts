/**
 * Tests servers (Kafka, MongoDB, mail) that start late or go down. Until all servers are up, the services
 * must report their state, and afterwards they must recover by themselves.
 */
import assert from 'node:assert/strict';
import { exec } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
  type ApiResponse,
  assertProblem,
  assertStatus,
  type Client,
  createClient,
  retryWhileUnavailable,
} from './support/client.ts';
import { type Cluster, prepareCluster } from './support/cluster.ts';
import { findSequenceFaults, groupByStream } from './support/event-checks.ts';
import { eventually } from './support/eventually.ts';
import { readTopic } from './support/kcat.ts';
import { createMailbox, extractLink, type Mailbox } from './support/mailbox.ts';
import { getFirstMongoServer, withMongoAddress } from './support/mongo-url.ts';
import {
  createPersonActions,
  createUniquePerson,
  type Person,
  type PersonActions,
  type Tokens,
  waitUntilProfileShown,
} from './support/people.ts';
import type { ServerProcess } from './support/server-process.ts';
import { createTcpProxy, type TcpProxy } from './support/tcp-proxy.ts';

const ONE_PROCESS_PER_SERVICE = { auth: 1, user: 1, notifier: 1 };

let cluster: Cluster;
let kafka: TcpProxy;
let mongo: TcpProxy;
let client: Client;
let mailbox: Mailbox;
let people: PersonActions;

before(async () => {
  const { KAFKA_BROKERS = '', MONGO_URL = '' } = process.env;
  const [broker = ''] = KAFKA_BROKERS.split(',');
  [kafka, mongo] = [await createTcpProxy(broker), await createTcpProxy(getFirstMongoServer(MONGO_URL))];
  cluster = await prepareCluster({
    instances: ONE_PROCESS_PER_SERVICE,
    settingsOn: (stores) => ({
      KAFKA_BROKERS: kafka.address,
      MONGO_URL: withMongoAddress(stores.MONGO_URL, mongo.address),
    }),
  });
  client = createClient(cluster.url);
  mailbox = createMailbox(cluster.mailbox);
  people = createPersonActions(client, mailbox);
});

after(async () => {
  await cluster?.stop();
  await kafka.cut();
  await mongo.cut();
});

function processes(): readonly ServerProcess[] {
  return Object.values(cluster.instances).flat();
}

interface Readiness {
  readonly status: number;
  readonly state: string;
  readonly dependencies: readonly { name: string; state: string; detail?: string }[];
}

async function readiness({ operations }: ServerProcess): Promise<Readiness> {
  const reply = await fetch(`${operations}/readyz`);
  return { status: reply.status, ...((await reply.json()) as Omit<Readiness, 'status'>) };
}

/** Returns the names of the dependencies that a process reports as unavailable with a detail. */
function lacking({ dependencies }: Readiness): readonly string[] {
  return dependencies.filter(({ state, detail }) => state !== 'ok' && detail !== '').map(({ name }) => name);
}

function saying(instance: ServerProcess, what: (said: Readiness) => boolean): Promise<Readiness> {
  return eventually(
    'it says so at /readyz',
    async () => {
      const said = await readiness(instance).catch(() => undefined);
      return said && what(said) ? said : undefined;
    },
    120_000,
  );
}

/**
 * Asserts that a starting process accepts connections, reports which servers it waits for, and refuses all other
 * requests.
 */
async function assertWaitingFor(...servers: readonly string[]): Promise<void> {
  for (const instance of processes()) {
    const said = await saying(
      instance,
      (now) =>
        lacking(now)
          .filter((name) => /kafka|mongodb/.test(name))
          .join() === servers.join(),
    );
    assert.deepEqual([said.status, said.state], [503, 'starting']);
    assert.equal((await fetch(`${instance.operations}/livez`)).status, 200);
  }
  assertAway(await people.signUp(createUniquePerson()));
  assertAway(await client.get('/users/me', { token: 'any' }));
}

function assertAway(reply: ApiResponse): void {
  assertProblem(reply, 503, 'unavailable');
  assert.match(reply.headers.get('retry-after') ?? '', /^\d+$/);
}

function allReady() {
  return Promise.all(processes().map((instance) => instance.ready()));
}

describe('servers that come after the services', () => {
  test('are waited for, Kafka last', async () => {
    cluster.launch();
    await assertWaitingFor('kafka', 'mongodb');
    await mongo.mend();
    await assertWaitingFor('kafka');
    await kafka.mend();
    await allReady();
    await people.verified(createUniquePerson());
  });

  test('are waited for, MongoDB last', async () => {
    for (const instance of processes()) assert.equal(await instance.end('SIGTERM'), 0);
    await mongo.cut();
    await kafka.cut();
    cluster.launch();
    await assertWaitingFor('kafka', 'mongodb');
    await kafka.mend();
    await assertWaitingFor('mongodb');
    await mongo.mend();
    await allReady();
    await people.verified(createUniquePerson());
  });

  test('may include the mail server: mails are sent once it is up', async () => {
    const { mails } = cluster;
    const [notifier] = cluster.instances.notifier;
    assert.ok(notifier);
    await mails.close();
    const ada = createUniquePerson();
    assertStatus(await people.signUp(ada), 201);
    const said = await saying(notifier, (now) => lacking(now).includes('smtp'));
    assert.deepEqual([said.status, said.state], [200, 'degraded']);
    await mails.open();
    await eventually('the mail has come', () => mails.to(ada.email).length === 1);
    await saying(notifier, ({ state }) => state === 'ok');
  });
});

describe('MongoDB that goes away in the middle', () => {
  function signUp(person: Person) {
    return people.signUp(person, { 'idempotency-key': `key-${person.username}` });
  }

  test('is reported with 503; no command is half done, and everything continues without a restart', async () => {
    const ada = await people.verified(createUniquePerson());
    const tokens = await people.login(ada);
    const crowd = Array.from({ length: 8 }, () => createUniquePerson('crowd'));
    const asked = crowd.map(signUp);
    await asked[0];
    await mongo.cut();
    for (const reply of await Promise.all(asked)) if (reply.status !== 201) assertAway(reply);

    const { email, password } = ada;
    assertAway(await client.post('/auth/login', { json: { email, password } }));
    assertAway(await client.post('/auth/refresh', { json: { refreshToken: tokens.refreshToken } }));
    assertAway(await client.get('/users/me', { token: tokens.accessToken }));
    for (const instance of processes())
      assert.equal((await saying(instance, ({ state }) => state === 'down')).status, 503);

    await mongo.mend();
    await allReady();
    // Retry each sign-up until it succeeds. Afterwards every account must exist exactly once, even if an
    // earlier attempt had already created it.
    for (const person of crowd) assertStatus(await retryWhileUnavailable(() => signUp(person)), 201);
    for (const person of crowd) {
      const link = extractLink(await mailbox.next(person.email, 'Verify your email'));
      const json = { password: person.password };
      assertStatus(
        await retryWhileUnavailable(() => client.post(`/auth/verify/${link.token}`, { json })),
        200,
      );
      assert.equal((await mailbox.to(person.email)).filter(isVerification).length, 1);
    }
    const { refreshToken } = tokens;
    assertStatus(
      await retryWhileUnavailable(() => client.post('/auth/refresh', { json: { refreshToken } })),
      200,
    );
    assert.equal((await people.me(tokens.accessToken)).status, 200);
  });
});

describe('MongoDB that goes away while passwords are changed', () => {
  const NEW_PASSWORD = 'quite another passphrase';
  const CHANGE = ['PasswordChanged', 'SessionsRevoked'];

  async function isOpenedBy(email: string, password: string): Promise<boolean> {
    const { status } = await retryWhileUnavailable(() =>
      client.post('/auth/login', { json: { email, password } }),
    );
    assert.ok(status === 200 || status === 401, String(status));
    return status === 200;
  }

  test('leaves each change complete or not done at all', async () => {
    const crowd: { readonly person: Person; readonly tokens: Tokens }[] = [];
    for (let index = 0; index < 8; index += 1) {
      const person = await people.verified(createUniquePerson('changer'));
      crowd.push({ person, tokens: await people.login(person) });
    }
    const changes = crowd.map(({ person, tokens }) =>
      client.post('/auth/change-password', {
        token: tokens.accessToken,
        json: { currentPassword: person.password, newPassword: NEW_PASSWORD },
      }),
    );
    await Promise.race(changes);
    await mongo.cut();
    const replies = await Promise.all(changes);
    await mongo.mend();
    await allReady();
    await everythingPublished();

    const streams = groupByStream(await readTopic(cluster.stores.KAFKA_BROKERS, 'accounts.events.v1'));
    for (const [index, { person, tokens }] of crowd.entries()) {
      const isChanged = await isOpenedBy(person.email, NEW_PASSWORD);
      assert.equal(await isOpenedBy(person.email, person.password), !isChanged);
      const reply = replies[index];
      if (reply?.status === 200) assert.ok(isChanged, 'what was answered is done');
      else if (reply) assertAway(reply);

      const events = streams.get(tokens.id) ?? [];
      assert.deepEqual(findSequenceFaults(tokens.id, events), []);
      const types = events.map(({ headers }) => headers['ce_type'] ?? '');
      assert.deepEqual(types.slice(2).toSorted(), isChanged ? CHANGE : []);
      if (isChanged) await mailbox.next(person.email, 'Your password was changed');
      assert.equal((await mailbox.to(person.email)).filter(isNotice).length, isChanged ? 1 : 0);
    }
  });
});

function isNotice({ subject }: { readonly subject: string }) {
  return subject === 'Your password was changed';
}
function isVerification({ subject }: { readonly subject: string }) {
  return subject === 'Verify your email';
}

/** A shell command that controls the broker at KAFKA_BROKERS. Its argument is `start` or `stop`. */
const CONTROL = process.env['KAFKA_CONTROL'];
const withoutControl = CONTROL ? false : 'KAFKA_CONTROL is not set: nobody here can stop the broker';
function broker(word: 'start' | 'stop') {
  return promisify(exec)(`${CONTROL} ${word}`);
}

/** Returns the number of commits in the outbox, and the age of the oldest, as /metrics reports them. */
async function outbox() {
  const [auth] = cluster.instances.auth;
  assert.ok(auth);
  const text = await (await fetch(`${auth.operations}/metrics`)).text();
  function value(name: string) {
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  }
  return {
    commits: value('latchkey_relay_unpublished_commits'),
    oldestSeconds: value('latchkey_relay_oldest_unpublished_seconds'),
  };
}

function everythingPublished() {
  return eventually(
    'everything is published',
    async () => {
      const { commits, oldestSeconds } = await outbox();
      return commits === 0 && oldestSeconds === 0;
    },
    120_000,
  );
}

describe('Kafka that goes away in the middle', { skip: withoutControl }, () => {
  /** Signs up a new person, logs in, refreshes the session and requests a password reset. */
  async function goesOn(person: Person): Promise<Tokens> {
    await assertStatus(await people.signUp(person), 201);
    const { email, password } = person;
    const { json } = assertStatus(await client.post('/auth/login', { json: { email, password } }), 200);
    const { refreshToken } = json;
    assertStatus(await client.post('/auth/refresh', { json: { refreshToken } }), 200);
    assertStatus(await client.post('/auth/password-reset-request', { json: { email } }), 202);
    return { id: json.user.id, accessToken: json.accessToken, refreshToken };
  }

  test('prevents no sign-up, login, reset request or read; the events and mails follow later', async () => {
    const ada = await people.verified(createUniquePerson());
    const { id, accessToken: token } = await people.login(ada);
    await waitUntilProfileShown(people, token, ({ isVerified }) => isVerified);
    const [auth] = cluster.instances.auth;
    assert.ok(auth);
    // Stop the broker, because none of the following requests needs it for a response.
    await broker('stop');
    const crowd = Array.from({ length: 6 }, () => createUniquePerson('eve'));
    const ids = [id];
    try {
      for (const person of crowd) {
        ids.push((await goesOn(person)).id);
        assertStatus(
          await client.patch('/auth/profile', { token, json: { firstName: person.username } }),
          200,
        );
      }
      assert.equal((await people.me(token)).status, 200);
      for (const instance of processes())
        assert.equal((await saying(instance, ({ state }) => state === 'degraded')).status, 200);
      // For each person, three commits wait in the outbox: the sign-up, the reset link, and a change of
      // Ada's profile.
      const waiting = 3 * crowd.length;
      await eventually('all commits wait in the outbox', async () => (await outbox()).commits === waiting);
      await eventually('the oldest commit becomes older', async () => (await outbox()).oldestSeconds >= 10);
      await saying(auth, ({ dependencies }) =>
        dependencies.some(({ detail = '' }) =>
          new RegExp(`commits in the outbox: ${waiting}, the oldest since \\d{2,} s`).test(detail),
        ),
      );
      for (const { email } of crowd) assert.deepEqual(await mailbox.to(email), []);
    } finally {
      await broker('start');
    }
    await everythingPublished();
    const streams = groupByStream(await readTopic(cluster.stores.KAFKA_BROKERS, 'accounts.events.v1'));
    for (const account of ids) assert.deepEqual(findSequenceFaults(account, streams.get(account) ?? []), []);
    assert.deepEqual(
      ids.map((account) => streams.get(account)?.length),
      [2 + crowd.length, ...crowd.map(() => 2)],
    );
    await waitUntilProfileShown(people, token, ({ firstName }) => firstName === crowd.at(-1)?.username);
    for (const person of crowd) {
      const mail = await mailbox.next(person.email, 'Choose your password', 1, 180_000);
      await mailbox.next(person.email, 'Verify your email', 1, 180_000);
      assert.equal((await mailbox.to(person.email)).length, 2);
      const password = `${person.password}, chosen`;
      const json = { newPassword: password, confirmNewPassword: password };
      const confirm = `/auth/password-reset-confirm/${extractLink(mail).token}`;
      assertStatus(await client.post(confirm, { json }), 200);
      const { accessToken } = await people.login({ ...person, password });
      await waitUntilProfileShown(people, accessToken, ({ isVerified }) => isVerified);
    }
    for (const instance of processes()) await saying(instance, ({ state }) => state === 'ok');
  });
});
