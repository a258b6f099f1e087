/** Tests several instances of auth that share a journal and a log. */
import assert from 'node:assert/strict';
import { after, describe, type TestContext, test } from 'node:test';
import { createIsolatedBusOpener } from '@latchkey/bus/testing/isolated';
import { ACCOUNTS_TOPIC, allTopics, decode, type LatchkeyEvent } from '@latchkey/events';
import { createHttpServerPart } from '@latchkey/http';
import { createTestDatabase } from '@latchkey/mongo/testing';
import { createLogger, createMetricsRegistry, readConfig } from '@latchkey/process';
import { type AuthService, authSettingsSchema, compose } from './index.ts';
import { generateSecrets, type Secrets } from './keys/secrets.ts';
import { openAuthOps } from './ops.ts';
import { authIndexes } from './storage/mongo/index.ts';
import { waitUntil } from './testing/until.ts';

const ACCOUNTS = 20;

const database = createTestDatabase('instances', authIndexes);
const openBus = createIsolatedBusOpener();
const log = openBus();
const secrets = generateSecrets();

/**
 * The account events published so far. The events of one account keep their order, because they are all in
 * one partition.
 */
const records: LatchkeyEvent[] = [];
const seen = log.ensureTopics(allTopics()).then(() =>
  log.subscribe({
    topics: [ACCOUNTS_TOPIC],
    group: 'test',
    handle: async (slice) => {
      for (const record of slice.records) {
        const decoded = decode(record);
        if (decoded.kind === 'event') records.push(decoded.event);
      }
    },
  }),
);
after(async () => (await seen).close());

function configWith(keys: Omit<Secrets, 'SEALING_PRIVATE_KEYS'>) {
  return readConfig(authSettingsSchema, {
    PUBLIC_URL: 'https://id.example.com',
    LIMIT_SIGNUPS_PER_IP: '1000',
    LIMIT_MAIL_REQUESTS_PER_IP: '1000',
    // Wait up to 60 s for a password hash, so that no request is refused even on a busy machine.
    HASH_WAIT_SECONDS: '60',
    ...keys,
  });
}

/** Creates an instance of auth with its own connections, as a separate process would have. */
async function instance(keys = secrets): Promise<AuthService> {
  await seen;
  const store = await database.another();
  return compose(configWith(keys), {
    backend: { store, bus: openBus() },
    logger: createLogger({ name: 'auth', level: 'silent' }),
    registry: createMetricsRegistry(),
  });
}

/** Starts an instance of auth and serves it over HTTP until the test ends. */
async function serving(t: TestContext) {
  const service = await instance();
  const door = createHttpServerPart({
    name: 'http',
    host: '127.0.0.1',
    port: 0,
    routes: service.routes,
    logger: createLogger({ name: 'http', level: 'silent' }),
    registry: createMetricsRegistry(),
    trustedProxies: [],
    corsOrigins: [],
    undeclared: 'fail',
  });
  await service.start();
  await door.start();
  t.after(async () => {
    await door.stop();
    await service.stop();
  });
  return (path: string, body: object) =>
    fetch(`http://127.0.0.1:${door.port()}/api/v1/auth${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
}

function person(n: number) {
  return {
    email: `ada${n}@example.com`,
    username: `ada${n}`,
    password: `a long phrase for number ${n}`,
  };
}

function eventsOf(account: string): readonly LatchkeyEvent[] {
  return records.filter(({ subject }) => subject === account);
}

/** Returns the sequences of an account's events in the order of the topic, without duplicates. */
function firstSeen(account: string): readonly number[] {
  return [...new Set(eventsOf(account).map(({ sequence }) => sequence))];
}

function accountsSeen(): readonly string[] {
  return [...new Set(records.map(({ subject }) => subject))];
}

describe('two instances on one journal', () => {
  test('publish all events of every account, in order, and carry out each other’s requests', async (t) => {
    await database.empty();
    const [one, other] = [await serving(t), await serving(t)];
    const people = Array.from({ length: ACCOUNTS }, (_, n) => person(n));
    const answers = await Promise.all(people.map((each, n) => (n % 2 === 0 ? one : other)('/signup', each)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      people.map(() => 201),
    );
    // Send each person's request to the instance that did not process that person's sign-up. Any instance may
    // then process the recorded request.
    for (const [n, { email }] of people.entries()) {
      const ask = n % 2 === 0 ? other : one;
      assert.equal((await ask('/password-reset-request', { email })).status, 202);
    }
    await waitUntil(
      async () =>
        accountsSeen().length === ACCOUNTS && accountsSeen().every((id) => firstSeen(id).length >= 2),
    );
    for (const account of accountsSeen()) {
      const sequences = firstSeen(account);
      assert.deepEqual(
        sequences,
        sequences.map((_, index) => index + 1),
      );
      assert.deepEqual(
        [...new Set(eventsOf(account).map(({ type }) => type))],
        ['UserRegistered', 'PasswordResetRequested'],
      );
    }
  });

  test('know each other’s accounts, sessions and limits', async (t) => {
    await database.empty();
    const [one, other] = [await serving(t), await serving(t)];
    const { email, password } = person(1000);
    await one('/signup', person(1000));
    const login = await other('/login', { email, password });
    assert.equal(login.status, 200);
    const { refreshToken } = (await login.json()) as { readonly refreshToken: string };
    assert.equal((await one('/refresh', { refreshToken })).status, 200);

    const wrong = { email, password: 'not the password of ada' };
    const tries = [one, other, one, other, one, other, one, other, one, other];
    for (const attempt of tries) assert.equal((await attempt('/login', wrong)).status, 401);
    assert.equal((await one('/login', { ...wrong, email })).status, 429);
    assert.equal((await other('/login', { ...wrong, email })).status, 429);
  });
});

describe('instances with other keys', () => {
  test('are refused with one line that names them, and the first continues', async () => {
    await database.empty();
    const first = await instance();
    await first.start();
    const others = await instance({ ...generateSecrets(), SIGNING_KEYS: secrets.SIGNING_KEYS });
    await assert.rejects(others.start(), {
      name: 'Error',
      message:
        'PASSWORD_SALT_KEY, REFRESH_KEY: differs from the value that the stored accounts were created with; set the former value, or both values, newest first',
    });
    await first.stop();
    const again = await instance();
    await again.start();
    await again.stop();
  });

  test('that start at once on an empty journal are refused, except one', async () => {
    await database.empty();
    const services = await Promise.all([1, 2, 3].map(() => instance(generateSecrets())));
    const outcomes = await Promise.allSettled(services.map((service) => service.start()));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    await Promise.all(services.map((service) => service.stop()));
  });
});

describe('ops commands while instances run', () => {
  test('find the accounts in MongoDB', async () => {
    const store = await database.empty();
    await assert.rejects(
      openAuthOps(store).changeRole('ada@example.com', 'admin'),
      /no verified account has the address/,
    );
  });
});
