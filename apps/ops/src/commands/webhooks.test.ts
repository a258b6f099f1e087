import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openSqlite } from '@latchkey/sqlite';
import { createSecretSealer, openWebhookStorage, type WebhookEndpoint } from '@latchkey/webhooks';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

const URL = 'https://crm.example.com/hooks';
const KEY = Buffer.alloc(32, 7);
const KEYS = { WEBHOOK_SECRET_KEY: KEY.toString('base64') };

async function emptyFolder(t: TestContext) {
  const folder = await createTemporaryFolder(t);
  await openSqlite({ folder, as: 'server' }).close();
  function ops(...words: readonly string[]) {
    return runCommandInProcess({ DATA_DIR: folder, ...KEYS }, 'webhooks', ...words);
  }
  async function stored(id: string) {
    const store = openSqlite({ folder, as: 'shared' });
    return openWebhookStorage(store)
      .endpoints.find(id)
      .finally(() => store.close());
  }
  return { folder, ops, stored };
}

function secretsOf(endpoint: WebhookEndpoint | undefined): Promise<readonly string[]> {
  const sealer = createSecretSealer([{ bytes: KEY }]);
  return Promise.all((endpoint?.secrets ?? []).map(({ secret }) => sealer.open(endpoint?.id ?? '', secret)));
}

function printedIn(out: string): { readonly id: string; readonly secret: string } {
  const [, id = '', secret = ''] = /^webhook {2}(we_\w+) .*\nsecret {3}(whsec_\S+)$/m.exec(out) ?? [];
  assert.match(secret, /^whsec_/);
  return { id, secret };
}

test('an endpoint is added, listed without its secret, rotated, paused, resumed and removed', async (t) => {
  const { ops, stored } = await emptyFolder(t);
  assert.equal((await ops('list')).out, 'There are no webhooks.\n');
  const { id, secret } = printedIn(
    (await ops('add', 'crm', URL, '--types', 'UserRegistered', '--person')).out,
  );
  const listed = await ops('list', '--json');
  assert.ok(!listed.out.includes(secret));
  assert.partialDeepStrictEqual(JSON.parse(listed.out), {
    id,
    name: 'crm',
    url: URL,
    types: ['UserRegistered'],
    person: true,
    state: 'active',
    waiting: 0,
    secrets: 1,
  });

  const second = printedIn((await ops('rotate', id)).out).secret;
  assert.deepEqual(await secretsOf(await stored(id)), [secret, second]);
  const third = printedIn((await ops('rotate', id, '--overlap-hours', '0')).out).secret;
  assert.deepEqual(await secretsOf(await stored(id)), [third]);

  assert.equal((await ops('pause', id)).out, `${id}: paused.\n`);
  assert.match((await ops('list')).out, / paused /);
  assert.equal((await ops('resume', id)).out, `${id}: resumed.\n`);
  assert.match((await ops('list')).out, / active /);
  assert.equal((await ops('attempts', id)).out, 'Nothing was sent yet.\n');
  const skipping = await ops('redrive', id, '--event', 'e1');
  assert.match(skipping.err, /The webhook has not reached the end of the log yet\./);
  assert.equal(skipping.code, 1);
  const all = printedIn((await ops('add', 'all', URL, '--from-beginning')).out).id;
  assert.equal(
    (await ops('redrive', all, '--event', 'e1')).out,
    `${all}: sent again, before anything new.\n`,
  );

  assert.equal((await ops('remove', id)).out, `${id}: removed.\n`);
  for (const words of [
    ['remove'],
    ['rotate'],
    ['pause'],
    ['resume'],
    ['attempts'],
    ['show'],
    ['redrive', '--event', 'e1'],
  ]) {
    const [command = '', ...options] = words;
    const again = await ops(command, id, ...options);
    assert.deepEqual([again.code, again.err], [1, `ops: there is no webhook ${id}: see \`webhooks list\`\n`]);
  }
});

test('a secret that another key has encrypted is shown, and so is that this is unknown without a key', async (t) => {
  const { folder, ops } = await emptyFolder(t);
  const { id } = printedIn((await ops('add', 'crm', URL)).out);
  assert.match((await ops('show', id)).out, /^secrets +1$/m);
  assert.equal(JSON.parse((await ops('list', '--json')).out).unreadableSecrets, 0);
  function withKey(key: object, ...words: readonly string[]) {
    return runCommandInProcess({ DATA_DIR: folder, ...key }, 'webhooks', ...words);
  }
  const other = { WEBHOOK_SECRET_KEY: Buffer.alloc(32, 8).toString('base64') };
  assert.match((await withKey(other, 'list')).out, / 1, 1 cannot be opened +https:/);
  const shown = (await withKey(other, 'show', id)).out;
  assert.match(shown, /^secrets +1, 1 cannot be opened$/m);
  assert.match(shown, /^WEBHOOK_SECRET_KEY does not open every secret\. Add the key /m);
  assert.equal(JSON.parse((await withKey(other, 'show', id, '--json')).out).unreadableSecrets, 1);

  assert.match((await withKey({}, 'show', id)).out, /^secrets +1$/m);
  assert.match((await withKey({}, 'show', id)).out, /is unknown without WEBHOOK_SECRET_KEY\.$/m);
  assert.ok(!('unreadableSecrets' in JSON.parse((await withKey({}, 'list', '--json')).out)));
});

test('a private address is refused unless a setting allows it, and so is anything that is no time range', async (t) => {
  const { folder, ops } = await emptyFolder(t);
  const wrong: readonly (readonly [words: readonly string[], message: RegExp])[] = [
    [
      ['add', 'crm', 'http://crm.example.com/'],
      /must begin with https:\/\/\. In development, set WEBHOOKS_ALLOW_PRIVATE=true for this command and for the server$/m,
    ],
    [['add', 'crm', 'http://user@localhost:8099/'], /must begin with https:\/\/$/m],
    [
      ['add', 'crm', 'https://10.0.0.1/'],
      /private address\. In development, set WEBHOOKS_ALLOW_PRIVATE=true/,
    ],
    [['add', 'my crm', URL], /letters, digits/],
    [['add', 'crm', URL, '--types', 'UserGone'], /UserGone\. Types: UserRegistered/],
    [['add', 'crm', URL, '--types', 'MailBounced'], /called MailBounced\. Types: UserRegistered/],
    [['redrive', 'we_1'], /--since .*--event/],
    [['redrive', 'we_1', '--since', 'yesterday'], /Expected an instant/],
    [['redrive', 'we_1', '--since', '2026-01-02', '--until', '2026-01-01'], /later than --since/],
    [['redrive', 'we_1', '--since', '2026-01-02', '--event', 'e1'], /--since .*--event/],
  ];
  for (const [words, message] of wrong) {
    const { code, err } = await ops(...words);
    assert.equal(code, 1);
    assert.match(err, message);
  }
  assert.equal((await ops('list')).out, 'There are no webhooks.\n');
  const settings = { DATA_DIR: folder, WEBHOOKS_ALLOW_PRIVATE: 'true', ...KEYS };
  const { code } = await runCommandInProcess(settings, 'webhooks', 'add', 'crm', 'http://localhost:8099/');
  assert.equal(code, 0);
});

test('without the key that seals secrets no endpoint is added', async (t) => {
  const { folder, ops } = await emptyFolder(t);
  const { code, err } = await runCommandInProcess({ DATA_DIR: folder }, 'webhooks', 'add', 'crm', URL);
  assert.deepEqual(
    [code, err],
    [1, 'ops: Secrets cannot be sealed, because WEBHOOK_SECRET_KEY is not set. `ops secrets` makes it\n'],
  );
  assert.equal((await ops('list')).out, 'There are no webhooks.\n');
});
