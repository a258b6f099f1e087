import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { notifierSettingsSchema } from '@latchkey/notifier';
import { readConfig } from '@latchkey/process';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

function settingsIn(out: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...out.matchAll(/^(MAIL_\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
}

test('mail dkim makes a key once, and prints its record and the settings that use it', async (t) => {
  const file = join(await createTemporaryFolder(t), 'keys', 'dkim.pem');
  const words = ['mail', 'dkim', file, '--domain', 'example.com'];
  const first = await runCommandInProcess({}, ...words);
  assert.deepEqual([first.code, first.err], [0, `${file}: made a key.\n`]);
  assert.match(
    first.out,
    /^latchkey1\._domainkey\.example\.com\. IN TXT "v=DKIM1; k=rsa; p=[^"]+" "[^"]+"$/m,
  );
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const config = readConfig(notifierSettingsSchema, {
    LATCHKEY_ENV: 'development',
    PUBLIC_URL: 'https://accounts.example.com',
    SEALING_PRIVATE_KEYS: '{"keys":[{"kty":"OKP","crv":"X25519","x":"a","d":"b"}]}',
    ...settingsIn(first.out),
  });
  assert.deepEqual([config.MAIL_DKIM_DOMAIN, config.MAIL_DKIM_SELECTOR], ['example.com', 'latchkey1']);

  const key = await readFile(file, 'utf8');
  assert.ok(!first.out.includes(key.split('\n')[1] ?? ''));
  const again = await runCommandInProcess({}, ...words);
  assert.equal(again.err, `${file}: there is a key already; this is its record.\n`);
  assert.equal(again.out, first.out);
  assert.equal(await readFile(file, 'utf8'), key);
});

test('mail dkim takes the domain and the name from the settings', async (t) => {
  const file = join(await createTemporaryFolder(t), 'dkim.pem');
  const { out } = await runCommandInProcess(
    { MAIL_FROM: 'noreply@example.org', MAIL_DKIM_SELECTOR: 'k2' },
    'mail',
    'dkim',
    file,
  );
  assert.match(out, /^k2\._domainkey\.example\.org\. IN TXT /);
  const unknown = await runCommandInProcess({}, 'mail', 'dkim', file);
  assert.deepEqual(
    [unknown.code, unknown.err],
    [1, 'ops: --domain is required, because neither MAIL_DKIM_DOMAIN nor MAIL_FROM is set\n'],
  );
});

test('mail dkim leaves a file alone that holds no key', async (t) => {
  const file = join(await createTemporaryFolder(t), 'dkim.pem');
  await writeFile(file, 'something else');
  const { code, err } = await runCommandInProcess({ MAIL_FROM: 'a@example.com' }, 'mail', 'dkim', file);
  assert.equal(code, 1);
  assert.match(err, /dkim\.pem must be a private RSA key/);
  assert.equal(await readFile(file, 'utf8'), 'something else');
});
