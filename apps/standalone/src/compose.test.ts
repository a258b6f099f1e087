import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ConfigError, createMetricsRegistry, DAY_MS } from '@latchkey/process';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import { z } from 'zod';
import { composeStandalone } from './compose.ts';
import { mailMessageSchema } from './mailbox/message.ts';
import { mailMessagePageSchema } from './mailbox/routes.ts';
import { getSecretsPath } from './secrets.ts';
import { readStandaloneSettings, shouldServeDevelopmentPages } from './settings.ts';
import { createSilentLogger, createTemporaryFolder, fetchJson } from './testing.ts';

const readiness = z.object({
  state: z.literal('ok'),
  dependencies: z.array(z.object({ service: z.string().optional(), name: z.string() })),
});
const clockReadiness = z.object({
  dependencies: z.array(z.object({ name: z.string(), state: z.string(), detail: z.string().optional() })),
});
const openApi = z.object({ paths: z.record(z.string(), z.unknown()) });

async function started(t: TestContext, environment: Record<string, string>) {
  const config = readStandaloneSettings({ PORT: '0', ...environment });
  const standalone = await composeStandalone(config, {
    logger: createSilentLogger(),
    registry: createMetricsRegistry(),
  });
  t.after(() => standalone.stop());
  await standalone.start();
  return standalone;
}

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readStandaloneSettings(environment);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
}

test('one process on one folder answers for every service and shows its pages', async (t) => {
  const { url, operationsUrl } = await started(t, { DATA_DIR: await createTemporaryFolder(t) });
  for (const path of ['/', '/mailbox', '/topics', '/docs', '/.well-known/jwks.json'])
    assert.equal((await fetch(url + path)).status, 200, path);
  for (const path of ['/livez', '/readyz', '/metrics'])
    assert.equal((await fetch(operationsUrl + path)).status, 200, path);
  const paths = Object.keys((await fetchJson(`${url}/docs/openapi.json`, openApi)).paths);
  assert.ok(paths.includes('/api/v1/auth/signup') && paths.includes('/api/v1/users/me'));
  const docs = await (await fetch(`${url}/docs`)).text();
  assert.match(docs, /\/api\/v1\/auth\/signup/);
  assert.match(docs, /UserRegistered/);
});

test('a clock that is days later than at the last use of the folder is not trusted, over restarts', async (t) => {
  const DATA_DIR = await createTemporaryFolder(t);
  const database = openDatabase({ folder: DATA_DIR, as: 'server' });
  const at = new Date(Date.now() - 20 * DAY_MS);
  await createSqliteStore(database).clockReadings.note({ at, heldMs: 0, gapMs: 0 });
  await database.close();
  for (let start = 0; start < 2; start += 1) {
    const { operationsUrl, stop } = await started(t, { DATA_DIR });
    const { dependencies } = await fetchJson(`${operationsUrl}/readyz`, clockReadiness);
    const clock = dependencies.find(({ name }) => name === 'clock');
    assert.equal(clock?.state, 'degraded');
    assert.match(
      clock?.detail ?? '',
      /480 h later .* nothing expires .* 24 h, .* no account is erased .* 72 h/,
    );
    await stop();
  }
});

test('the state of each dependency says whose it is', async (t) => {
  const { operationsUrl } = await started(t, { DATA_DIR: await createTemporaryFolder(t) });
  const { dependencies } = await fetchJson(`${operationsUrl}/readyz`, readiness);
  const places = dependencies.map(({ service = '', name }) => `${service} ${name}`);
  assert.equal(new Set(places).size, places.length, places.join(', '));
  assert.deepEqual(
    new Set(dependencies.map(({ service = 'the process' }) => service)),
    new Set(['auth', 'notifier', 'user', 'the process']),
  );
});

test('a folder that has lost its secrets is refused, and no others are made', async (t) => {
  const folder = await createTemporaryFolder(t);
  async function run(environment: Record<string, string> = {}) {
    const config = readStandaloneSettings({ PORT: '0', DATA_DIR: folder, ...environment });
    const standalone = await composeStandalone(config, {
      logger: createSilentLogger(),
      registry: createMetricsRegistry(),
    });
    await standalone.start().finally(() => standalone.stop());
  }
  await run();
  const secrets = JSON.parse(await readFile(getSecretsPath(folder), 'utf8'));
  await rm(getSecretsPath(folder));
  await assert.rejects(run(), { name: 'Error', message: /secrets\.json is missing: restore it/ });
  await assert.rejects(stat(getSecretsPath(folder)), { code: 'ENOENT' });
  await run(secrets);
});

test('a folder of templates that does not exist is an error of one line', async (t) => {
  await assert.rejects(
    started(t, { DATA_DIR: await createTemporaryFolder(t), TEMPLATE_FOLDER: '/nope' }),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.faults, ['TEMPLATE_FOLDER: /nope is not a folder']);
      return true;
    },
  );
});

test('until the services are started every request is answered with 503', async (t) => {
  const config = readStandaloneSettings({ PORT: '0', DATA_DIR: await createTemporaryFolder(t) });
  const standalone = await composeStandalone(config, {
    logger: createSilentLogger(),
    registry: createMetricsRegistry(),
  });
  t.after(() => standalone.stop());
  const answer = await fetch(`${standalone.url}/api/v1/users/me`);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get('retry-after'), '1');
});

test('a sign-up leads to a mail in the mailbox whose link is at the port in use', async (t) => {
  const { url } = await started(t, { DATA_DIR: await createTemporaryFolder(t) });
  const body = JSON.stringify({
    email: 'ada@example.com',
    password: 'correct horse battery',
    username: 'ada',
  });
  const headers = { 'Content-Type': 'application/json', 'X-Request-Id': 'sign-up-1' };
  assert.equal((await fetch(`${url}/api/v1/auth/signup`, { method: 'POST', headers, body })).status, 201);

  const search = `${url}/mailbox/api/v1/search?query=to:ada@example.com`;
  let found = await fetchJson(search, mailMessagePageSchema);
  while (found.messages_count === 0) found = await fetchJson(search, mailMessagePageSchema);
  const mail = await fetchJson(`${url}/mailbox/api/v1/message/latest`, mailMessageSchema);
  assert.equal(mail.CorrelationID, 'sign-up-1');
  assert.ok(mail.Text.includes(`${url}/api/v1/auth/verify/`));
});

test('no pages where other machines could see them', async (t) => {
  const exposed = await started(t, {
    DATA_DIR: await createTemporaryFolder(t),
    HOST: '0.0.0.0',
    EXPOSE_DEVELOPMENT: 'true',
  });
  assert.match(await (await fetch(exposed.url)).text(), /handles sign-ups, sign-ins and passwords/);
  for (const path of ['/mailbox', '/topics/api/topics', '/docs'])
    assert.equal((await fetch(exposed.url + path)).status, 404, path);
});

test('no pages in production, whatever the address', () => {
  const config = readStandaloneSettings({});
  assert.equal(shouldServeDevelopmentPages(config), true);
  assert.equal(shouldServeDevelopmentPages({ ...config, LATCHKEY_ENV: 'production' }), false);
});

test('a taken port and a folder in use are reported in one line, and nothing stays open', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const address = taken.address();
  assert.ok(typeof address === 'object' && address !== null);
  const folder = await createTemporaryFolder(t);
  await assert.rejects(
    started(t, { DATA_DIR: folder, PORT: String(address.port) }),
    /^Error: port \d+ .*in use/,
  );
  await started(t, { DATA_DIR: folder });
  await assert.rejects(started(t, { DATA_DIR: folder }), (error: Error) => {
    assert.equal(error.constructor, Error);
    assert.match(error.message, /^The data folder [^\n]*$/);
    return true;
  });
});

test('in development a HOST that others can reach is refused unless that is meant', async () => {
  for (const HOST of ['0.0.0.0', '::', '192.0.2.1'])
    assert.match(faultsOf({ HOST }).join(), /^HOST: .*EXPOSE_DEVELOPMENT=true/, HOST);
  assert.deepEqual(faultsOf({ HOST: '0.0.0.0', EXPOSE_DEVELOPMENT: 'true' }), []);
  assert.deepEqual(faultsOf({}), []);
});

test('production demands an address, a mail server and every secret, all at once', async () => {
  const faults = faultsOf({ LATCHKEY_ENV: 'production', PORT: 'x' });
  for (const name of [
    'PORT',
    'PUBLIC_URL',
    'MAIL_SERVER',
    'SIGNING_KEYS',
    'EVENT_SIGNING_KEYS',
    'SEALING_PRIVATE_KEYS',
    'SEALING_PUBLIC_KEY',
    'PASSWORD_SALT_KEY',
    'REFRESH_KEY',
  ])
    assert.ok(
      faults.some((fault) => fault.startsWith(`${name}:`)),
      `${name} in ${faults.join('; ')}`,
    );
  const insecure = faultsOf({ LATCHKEY_ENV: 'production', PUBLIC_URL: 'http://example.com' });
  assert.ok(insecure.some((fault) => /PUBLIC_URL.*https/.test(fault)));
});
