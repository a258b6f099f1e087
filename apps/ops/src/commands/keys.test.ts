import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { authSettingsSchema, openAuthStores } from '@latchkey/auth';
import { generateSecrets, keyKinds } from '@latchkey/auth/secrets';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { accountsTopic } from '@latchkey/events';
import { notifierSettingsSchema, openNotifierStorage } from '@latchkey/notifier';
import { generateDkimKey } from '@latchkey/notifier/ops';
import {
  computeKeyPairFingerprint,
  computeSecretFingerprint,
  createMetricsRegistry,
  readConfig,
  type SecretKey,
} from '@latchkey/process';
import { openDatabase, openSqlite } from '@latchkey/sqlite';
import { userSettingsSchema } from '@latchkey/user';
import {
  createSecretSealer,
  createWebhookDispatcher,
  openWebhookStorage,
  sealOutdatedSecrets,
} from '@latchkey/webhooks';
import { createSilentLogger, createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';
import { createSecretFiles } from './secrets.ts';

/** The settings for optional keys, which only some systems use. */
const optionalSecrets = {
  MAIL_BOUNCE_KEY: Buffer.alloc(32, 7).toString('base64'),
  AUDIT_IP_KEY: Buffer.alloc(32, 8).toString('base64url'),
  MAIL_DKIM_PRIVATE_KEY: generateDkimKey(),
};
const mailSettings = {
  MAIL_BOUNCE_DOMAIN: 'bounces.example.com',
  MAIL_DKIM_DOMAIN: 'example.com',
  MAIL_DKIM_SELECTOR: 'latchkey1',
  AUDIT_IP: 'hmac',
};

/** Creates a data folder and a folder of keys. No service has run with these keys yet. */
async function openFolders(t: TestContext) {
  const data = await createTemporaryFolder(t);
  const folder = join(data, 'secrets');
  await openDatabase({ folder: data, as: 'server' }).close();
  await createSecretFiles(folder);
  for (const [name, text] of Object.entries(optionalSecrets)) await writeFile(join(folder, name), text);
  function keys(...words: readonly string[]) {
    return runCommandInProcess({ DATA_DIR: data, ...mailSettings }, 'keys', ...words, '--folder', folder);
  }
  return {
    data,
    folder,
    keys,
    async statesOf(kind: string): Promise<readonly string[]> {
      const { out } = await keys('list', '--json');
      const rows = out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      return rows.filter((row) => row.kind === kind).map(({ state }) => state);
    },
    read: (name: string) => readFile(join(folder, name), 'utf8'),
    modeOf: async (name: string) => (await stat(join(folder, name))).mode & 0o777,
    /** Reads all settings as the services would at startup, with the keys from the files in the folder. */
    settings() {
      const names = [
        'SIGNING_KEYS',
        'EVENT_SIGNING_KEYS',
        'SEALING_PUBLIC_KEY',
        'SEALING_PRIVATE_KEYS',
        'PASSWORD_SALT_KEY',
        'REFRESH_KEY',
        'WEBHOOK_SECRET_KEY',
        ...Object.keys(optionalSecrets),
      ];
      const files = Object.fromEntries(names.map((name) => [`${name}_FILE`, join(folder, name)]));
      const common = {
        ...files,
        ...mailSettings,
        PUBLIC_URL: 'https://accounts.example.com',
        LATCHKEY_ENV: 'development',
      };
      return {
        auth: readConfig(authSettingsSchema, common),
        notifier: readConfig(notifierSettingsSchema, common),
        user: readConfig(userSettingsSchema, common),
      };
    },
  };
}

test('a new key is used at once, and the services accept both', async (t) => {
  const { keys, statesOf, settings, modeOf } = await openFolders(t);
  for (const kind of keyKinds) {
    assert.equal((await keys('rotate', kind)).code, 0);
    assert.deepEqual(await statesOf(kind), ['current', 'next']);
  }
  const { auth, notifier } = settings();
  assert.deepEqual(
    [
      auth.SIGNING_KEYS.published,
      auth.EVENT_SIGNING_KEYS.published,
      auth.REFRESH_KEY,
      auth.PASSWORD_SALT_KEY,
      auth.AUDIT_IP_KEY,
      notifier.MAIL_BOUNCE_KEY,
      notifier.MAIL_DKIM_PRIVATE_KEY,
    ].map((each) => each?.length),
    [2, 2, 2, 2, 2, 2, 2],
  );
  assert.equal(notifier.SEALING_PRIVATE_KEYS.keys[0]?.kid, auth.SEALING_PUBLIC_KEY.kid);
  assert.equal(await modeOf('REFRESH_KEY'), 0o600);
});

test('a key made with --next is used once it is promoted', async (t) => {
  const { keys, settings } = await openFolders(t);
  assert.match(
    (await keys('rotate', 'sealing', '--promote')).err,
    /has only one key: make another with --next/,
  );
  const before = settings().auth.SEALING_PUBLIC_KEY.kid;
  const { out } = await keys('rotate', 'sealing', '--next');
  const [, made] = /made (\S+),/.exec(out) ?? [];
  assert.equal(settings().auth.SEALING_PUBLIC_KEY.kid, before);
  await keys('rotate', 'sealing', '--promote');
  assert.equal(settings().auth.SEALING_PUBLIC_KEY.kid, made);
  assert.equal(settings().notifier.SEALING_PRIVATE_KEYS.keys.length, 2);
});

test('a signing key of another algorithm is made if that is asked for, and the next one is like it', async (t) => {
  const { keys, settings } = await openFolders(t);
  async function algorithms(): Promise<readonly string[]> {
    const { out } = await keys('list', '--json');
    const rows = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return rows.filter(({ kind }) => kind === 'signing').map(({ algorithm }) => algorithm);
  }
  assert.deepEqual(await algorithms(), ['ES256']);
  assert.equal((await keys('rotate', 'signing', '--algorithm', 'RS256')).code, 0);
  assert.equal((await keys('rotate', 'signing')).code, 0);
  assert.equal((await keys('rotate', 'signing', '--algorithm', 'ES256', '--next')).code, 0);
  assert.deepEqual(await algorithms(), ['RS256', 'ES256', 'RS256', 'ES256']);
  const { signing, published } = settings().auth.SIGNING_KEYS;
  assert.deepEqual(
    [signing.alg, ...published.map(({ alg }) => alg)],
    ['RS256', 'RS256', 'ES256', 'RS256', 'ES256'],
  );
  assert.match((await keys('list')).out, /^signing +\S+ +RS256 +current/m);
  for (const [words, fault] of [
    [['refresh', '--algorithm', 'RS256'], /--algorithm is only for the kind signing/],
    [['signing', '--algorithm', 'RS256', '--promote'], /give --algorithm when the key is made, with --next/],
    [['signing', '--algorithm', 'HS256'], /Allowed choices are ES256, RS256/],
  ] as const)
    assert.match((await keys('rotate', ...words)).err, fault);
});

test('an RSA key that somebody else made is known by its thumbprint, with the key that replaces it', async (t) => {
  const { keys, folder, settings } = await openFolders(t);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(
    join(folder, 'SIGNING_KEYS'),
    JSON.stringify({ keys: [privateKey.export({ format: 'jwk' })] }),
  );
  const { kid } = settings().auth.SIGNING_KEYS.signing;
  assert.match((await keys('list')).out, new RegExp(`^signing +${kid} +RS256 +current`, 'm'));
  assert.equal((await keys('rotate', 'signing')).code, 0);
  assert.equal((await keys('retire', 'signing', kid)).code, 0);
  assert.equal(settings().auth.SIGNING_KEYS.published.length, 1);
});

test('the current key cannot be retired, and a key that was never used can', async (t) => {
  const { keys, read } = await openFolders(t);
  const only = await read('REFRESH_KEY');
  assert.match((await keys('retire', 'refresh', 'first')).err, /first is in use: rotate first/);
  const [, made = ''] = /made (\S+),/.exec((await keys('rotate', 'refresh', '--next')).out) ?? [];
  assert.equal((await keys('retire', 'refresh', made)).code, 0);
  assert.equal(await read('REFRESH_KEY'), only);
  assert.match(
    (await keys('retire', 'refresh', made)).err,
    /there is no refresh [0-9a-f]{8}: see `keys list`/,
  );
});

test('keys in the settings are shown if that is asked for, and cannot be changed otherwise', async (t) => {
  const { data, read } = await openFolders(t);
  const names = ['SIGNING_KEYS', 'EVENT_SIGNING_KEYS', 'SEALING_PUBLIC_KEY', 'SEALING_PRIVATE_KEYS'];
  const entries = await Promise.all(
    [...names, 'PASSWORD_SALT_KEY', 'REFRESH_KEY'].map(async (name) => [name, await read(name)] as const),
  );
  const settings = { DATA_DIR: data, ...Object.fromEntries(entries) };
  const refused = await runCommandInProcess(settings, 'keys', 'rotate', 'refresh');
  assert.deepEqual([refused.code, refused.out], [1, '']);
  assert.match(refused.err, /^ops: the keys are in the settings, which a command cannot change: --show /);
  const { out } = await runCommandInProcess(settings, 'keys', 'rotate', 'refresh', '--show');
  assert.match(out, /^REFRESH_KEY='\{"keys":\[\{"kty":"oct","kid":"[0-9a-f]{8}","k":"[\w-]{43}"\},/);
});

test('a former cost is retired wherever the keys are, and changes none of them', async (t) => {
  const data = await createTemporaryFolder(t);
  await openDatabase({ folder: data, as: 'server' }).close();
  const settings = { DATA_DIR: data, ...generateSecrets() };
  // Run `keys list`, because it creates the table into which this test inserts a row below.
  assert.equal((await runCommandInProcess(settings, 'keys', 'list')).code, 0);
  const database = openDatabase({ folder: data, as: 'shared' });
  const remember = "INSERT INTO journal_fingerprint VALUES ('HASH_COSTS', '65536:3@1 19456:2@0')";
  await database.write(() => void database.prepare(remember).run());
  await database.close();
  const retired = await runCommandInProcess(settings, 'keys', 'retire', 'cost', '19456:2');
  assert.deepEqual(retired, {
    code: 0,
    out: 'cost: 19456:2 may be taken out of HASH_COSTS.\n',
    err: '',
  });
  assert.match(
    (await runCommandInProcess(settings, 'keys', 'retire', 'cost', '19456:2')).err,
    /there is no cost 19456:2/,
  );
});

test('a setting that is no number of minutes is refused: tokens of a former key would count as expired', async (t) => {
  const { data } = await openFolders(t);
  const settings = { DATA_DIR: data, ...generateSecrets(), ACCESS_TOKEN_MINUTES: 'many' };
  const { code, err } = await runCommandInProcess(settings, 'keys', 'list');
  assert.equal(code, 1);
  assert.match(err, /ACCESS_TOKEN_MINUTES/);
});

const DAY_MS = 24 * 3_600_000;

/**
 * Returns the fingerprints of the keys in `settings`, as a process records them in the store at startup.
 */
function givenAs(settings: Readonly<Record<string, readonly SecretKey[]>>) {
  const entries = Object.entries(settings).map(([name, keys]) => [
    name,
    { keys: keys.map(({ bytes }) => computeSecretFingerprint(name, bytes)), needed: false },
  ]);
  return Object.fromEntries(entries);
}

test('a key of mails or pseudonyms is needed until nothing that was made with it is left', async (t) => {
  const { data, keys, settings } = await openFolders(t);
  /** Simulates that the services started `daysAgo` days ago with the keys that are in the folder now. */
  async function start(daysAgo: number): Promise<void> {
    const store = openSqlite({ folder: data, as: 'server' });
    const at = new Date(Date.now() - daysAgo * DAY_MS);
    const { AUDIT_IP_KEY = [] } = settings().auth;
    const { MAIL_BOUNCE_KEY = [], MAIL_DKIM_PRIVATE_KEY = [] } = settings().notifier;
    await openAuthStores(store).keyFingerprints.check(givenAs({ AUDIT_IP_KEY }), at);
    const dkim = MAIL_DKIM_PRIVATE_KEY.map(({ privateKey }) =>
      computeKeyPairFingerprint(createPrivateKey(privateKey)),
    );
    await openNotifierStorage(store).keyFingerprints.check(
      { ...givenAs({ MAIL_BOUNCE_KEY }), MAIL_DKIM_PRIVATE_KEY: { keys: dkim, needed: false } },
      at,
    );
    await store.close();
  }
  for (const [kind, days, needs] of [
    ['bounces', 10, /reports about mails with its return paths may come until/],
    ['dkim', 10, /mails that it signed may be in transit until/],
    ['audit', 90, /security events with its pseudonyms are kept until/],
  ] as const) {
    await start(400);
    assert.match((await keys('retire', kind, 'first')).err, /first is in use: rotate first/);
    assert.equal((await keys('rotate', kind)).code, 0);
    assert.match(
      (await keys('retire', kind, 'first')).err,
      /first is still needed: no process has started with the current key yet/,
    );
    await start(days - 1);
    assert.match((await keys('retire', kind, 'first')).err, needs);
    const [, made = ''] = /made (\S+),/.exec((await keys('rotate', kind, '--next')).out) ?? [];
    await keys('rotate', kind, '--promote');
    await start(days + 1);
    assert.equal((await keys('retire', kind, 'first')).code, 0);
    assert.doesNotMatch((await keys('list')).out, new RegExp(`${kind} +first`));
    assert.match((await keys('list')).out, new RegExp(`${kind} +${made} +current`));
  }
});

test('a new key for DKIM has a name of its own, and its record is printed', async (t) => {
  const { keys, settings } = await openFolders(t);
  const { out } = await keys('rotate', 'dkim', '--next');
  const [, name = ''] =
    /^(latchkey-[0-9a-f]{8})\._domainkey\.example\.com\. IN TXT "v=DKIM1; /m.exec(out) ?? [];
  assert.match(out, new RegExp(`made ${name},`));
  function keysOfSigner() {
    return settings().notifier.MAIL_DKIM_PRIVATE_KEY?.map(({ selector }) => selector);
  }
  assert.deepEqual(keysOfSigner(), [undefined, name]);
  await keys('rotate', 'dkim', '--promote');
  assert.deepEqual(keysOfSigner(), [name, undefined]);
  assert.match(
    (await keys('retire', 'dkim', 'first', '--force')).out,
    /^Remove the DNS record of MAIL_DKIM_SELECTOR /m,
  );
  assert.deepEqual(keysOfSigner(), [name]);
});

test('a key that only the settings have is shown, wherever the others are', async (t) => {
  const data = await createTemporaryFolder(t);
  await openDatabase({ folder: data, as: 'server' }).close();
  const folder = join(data, 'secrets');
  await createSecretFiles(folder);
  const settings = { DATA_DIR: data, ...optionalSecrets };
  const words = ['keys', 'rotate', 'bounces', '--folder', folder];
  const { code, err } = await runCommandInProcess(settings, ...words);
  assert.equal(code, 1);
  assert.match(err, /^ops: the keys are in the settings, which a command cannot change: --show /);
  const { out } = await runCommandInProcess(settings, ...words, '--show');
  assert.match(out, /^MAIL_BOUNCE_KEY='\{"keys":\[\{"kty":"oct","kid":"[0-9a-f]{8}",/);
  const none = await runCommandInProcess({ DATA_DIR: data }, ...words);
  assert.match(none.err, /^ops: MAIL_BOUNCE_KEY: holds no keys$/m);
});

test('keys that cannot be found are an error that says where to look', async (t) => {
  const data = await createTemporaryFolder(t);
  await openDatabase({ folder: data, as: 'server' }).close();
  const { err } = await runCommandInProcess({ DATA_DIR: data }, 'keys', 'list');
  assert.match(err, /^ops: the keys are neither in the settings nor in \S+secrets\.json: give their folder /);
});

test('a key that the secret of a webhook is sealed with is not retired, not even by force', async (t) => {
  const { data, keys, settings } = await openFolders(t);
  const WEBHOOK_SECRET_KEY_FILE = join(data, 'secrets', 'WEBHOOK_SECRET_KEY');
  const add = ['webhooks', 'add', 'crm', 'https://crm.example.com/'];
  assert.equal((await runCommandInProcess({ DATA_DIR: data, WEBHOOK_SECRET_KEY_FILE }, ...add)).code, 0);
  await keys('rotate', 'webhooks');
  for (const force of [[], ['--force']]) {
    const { code, err } = await keys('retire', 'webhooks', 'first', ...force);
    assert.equal(code, 1);
    assert.match(
      err,
      /^ops: first is still needed: no process [^;]+; 1 secret of a webhook\. Restart the user service, /,
    );
  }

  const store = openSqlite({ folder: data, as: 'server' });
  await sealOutdatedSecrets(
    openWebhookStorage(store).endpoints,
    createSecretSealer(settings().user.WEBHOOK_SECRET_KEY),
  );
  await openWebhookStorage(store).keyFingerprints.check(
    givenAs({ WEBHOOK_SECRET_KEY: settings().user.WEBHOOK_SECRET_KEY ?? [] }),
    new Date(),
  );
  await store.close();
  assert.equal((await keys('retire', 'webhooks', 'first')).code, 0);
});

test('a former key of webhooks is retired once the user service has started with the new one, even without webhooks', async (t) => {
  const { data, keys, statesOf, settings } = await openFolders(t);
  /** Starts the webhook dispatcher of the user service with the keys that are in the folder now. */
  async function start(): Promise<void> {
    const store = openSqlite({ folder: data, as: 'server' });
    const bus = createEmbeddedBus({ database: store.database });
    await bus.ensureTopics([accountsTopic]);
    const { user } = settings();
    const webhooks = createWebhookDispatcher({
      storage: openWebhookStorage(store),
      bus,
      genuine: async (records) => records,
      sealer: createSecretSealer(user.WEBHOOK_SECRET_KEY),
      logger: createSilentLogger(),
      registry: createMetricsRegistry(),
      settings: user,
      now: () => new Date(),
    });
    await webhooks.start();
    await webhooks.stop();
    await bus.close();
    await store.close();
  }
  await start();
  await keys('rotate', 'webhooks');
  assert.deepEqual(await statesOf('webhooks'), ['current', 'former']);
  const { err } = await keys('retire', 'webhooks', 'first');
  assert.match(
    err,
    /^ops: first is still needed: no process has started with the current key yet\. --force /,
  );
  await start();
  assert.equal((await keys('retire', 'webhooks', 'first')).code, 0);
  const [, made = ''] = /made (\S+),/.exec((await keys('rotate', 'webhooks', '--next')).out) ?? [];
  assert.deepEqual(await statesOf('webhooks'), ['current', 'next']);
  assert.equal((await keys('retire', 'webhooks', made)).code, 0);
});

test('a former key is not retired before a process has started, even if the store remembers none', async (t) => {
  const { keys } = await openFolders(t);
  for (const kind of ['bounces', 'dkim', 'webhooks']) {
    assert.equal((await keys('rotate', kind)).code, 0);
    const { err } = await keys('retire', kind, 'first');
    assert.match(err, /first is still needed: no process has started with the current key yet\. --force /);
  }
});
