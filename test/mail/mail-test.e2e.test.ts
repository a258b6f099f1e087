/**
 * Tests `ops mail test` against mail servers that fail at different stages. The command must print the stage, the
 * server's reply, and the settings to change.
 */
import assert from 'node:assert/strict';
import { generateKeyPair, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { runCommandInProcess } from '../../apps/ops/src/testing/run-in-process.ts';
import { startScriptedServer } from './scripted-server.ts';
import { encodeBase64, smtpSessionBehaviours } from './sessions.ts';

const TO = 'ada@example.com';

function settingsFor(port: number): Readonly<Record<string, string>> {
  return {
    MAIL_SERVER: '127.0.0.1',
    MAIL_PORT: String(port),
    MAIL_STARTTLS: 'false',
    USE_CREDENTIALS: 'false',
    MAIL_FROM: 'no-reply@example.com',
  };
}

// Run the tests of this file concurrently, because they spend most of their time waiting.
describe('a test of a mail server', { concurrency: true }, () => {
  for (const [
    name,
    { source, session = {}, recipient = {}, settings, fails, names = /MAIL_/ },
  ] of Object.entries(smtpSessionBehaviours)) {
    test(`${name} (${source})`, async () => {
      await using server = await startScriptedServer({ session, recipient: () => recipient });
      const { code, out, err } = await runCommandInProcess(
        { ...settingsFor(server.port), ...settings },
        'mail',
        'test',
        TO,
      );
      assert.equal(err, '');
      assert.match(out, /^connecting +\d+ ms {2}connected to 127\.0\.0\.1$/m);
      assert.doesNotMatch(out, /no-reply@|: right|cmlnaHQ/);
      assert.equal(code, fails ? 1 : 0, out);
      assert.match(
        out,
        fails
          ? new RegExp(`^Failed ${fails.source}$`, 'm')
          : /^The mail server accepted the mail to ada@example\.com\.$/m,
      );
      if (fails) assert.match(out.trimEnd().split('\n').at(-1) ?? '', names);
      assert.equal(server.to(TO).length, fails ? 0 : 1);
      assert.ok(!server.heard.some((line) => line.includes('[127.0.0.1]')), 'it calls itself by its domain');
    });
  }

  test('that cannot be reached names the server and the port', async () => {
    const closed = await startScriptedServer();
    await closed[Symbol.asyncDispose]();
    const { code, out } = await runCommandInProcess(settingsFor(closed.port), 'mail', 'test', TO);
    assert.equal(code, 1);
    assert.match(out, /^Failed at connecting: connect ECONNREFUSED .*\nCheck MAIL_SERVER and MAIL_PORT/m);
  });

  for (const to of [
    '',
    'ada',
    'ada@example.com,eve@example.com',
    'Ada <ada@example.com>',
    'ada@example.com\r\nBcc: eve@example.com',
  ])
    test(`is not connected to if the recipient is ${JSON.stringify(to)}`, async () => {
      await using server = await startScriptedServer();
      const { code, out, err } = await runCommandInProcess(settingsFor(server.port), 'mail', 'test', to);
      assert.deepEqual([code, out], [1, '']);
      assert.match(err, /is invalid for argument 'email'\. Expected an email address/);
      assert.deepEqual(server.heard, []);
    });

  test('gets a mail to the domain in ASCII', async () => {
    await using server = await startScriptedServer();
    const { code } = await runCommandInProcess(
      settingsFor(server.port),
      'mail',
      'test',
      'Ada@bücher.example',
    );
    assert.equal(code, 0);
    assert.equal(server.to('Ada@xn--bcher-kva.example').length, 1);
  });

  test('signs its mail, and gives it a return path, as the notifier does', async () => {
    await using server = await startScriptedServer();
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
    const settings = {
      ...settingsFor(server.port),
      MAIL_DKIM_DOMAIN: 'example.com',
      MAIL_DKIM_SELECTOR: 'latchkey1',
      MAIL_DKIM_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      MAIL_BOUNCE_DOMAIN: 'bounces.example.com',
      MAIL_BOUNCE_KEY: randomBytes(32).toString('base64'),
    };
    assert.equal((await runCommandInProcess(settings, 'mail', 'test', TO)).code, 0);
    const [mail] = server.to(TO);
    const signature = mail?.email.headers.find(({ key }) => key === 'dkim-signature')?.value ?? '';
    assert.match(signature, /\bd=example\.com;.*\bs=latchkey1;/);
    assert.match(mail?.from ?? '', /^b-.*@bounces\.example\.com$/);
    const unfinished = await runCommandInProcess({ ...settings, MAIL_DKIM_SELECTOR: '' }, 'mail', 'test', TO);
    assert.match(unfinished.err, /^ops: MAIL_DKIM_SELECTOR: is required with /);
  });

  test('without a mail server says which setting is missing', async () => {
    const { code, err } = await runCommandInProcess({}, 'mail', 'test', TO);
    assert.deepEqual([code, err], [1, 'ops: MAIL_SERVER: is required\n']);
  });
});

describe('XOAUTH2', { concurrency: true }, () => {
  function auth(token: string) {
    return (line: string): string => {
      if (line === '') return '535 5.7.3 Authentication unsuccessful';
      const expected = encodeBase64(`user=mailer\u0001auth=Bearer ${token}\u0001\u0001`);
      return line === `AUTH XOAUTH2 ${expected}`
        ? '235 2.7.0 Welcome'
        : `334 ${encodeBase64('{"status":"401"}')}`;
    };
  }

  async function testWith(token: string, settings: Readonly<Record<string, string>>) {
    const session = { ehlo: '250-here\n250 AUTH LOGIN XOAUTH2', auth: auth(token) };
    await using server = await startScriptedServer({ session });
    const login = { USE_CREDENTIALS: 'true', MAIL_USERNAME: 'mailer', MAIL_AUTH: 'xoauth2' };
    const run = await runCommandInProcess(
      { ...settingsFor(server.port), ...login, ...settings },
      'mail',
      'test',
      TO,
    );
    return { ...run, logins: server.heard.filter((line) => line.startsWith('AUTH')).length };
  }

  test('logs in with the token of a file', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-token-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, 'token');
    await writeFile(file, 'from-the-file\n');
    const right = await testWith('from-the-file', { MAIL_OAUTH_TOKEN_FILE: file });
    assert.equal(right.code, 0, right.out);
    const wrong = await testWith('another', { MAIL_OAUTH_TOKEN_FILE: file });
    assert.match(wrong.out, /^Failed at AUTH: 535 5\.7\.3 Authentication unsuccessful$/m);
    assert.equal(wrong.logins, 1);
    const missing = await testWith('another', { MAIL_OAUTH_TOKEN_FILE: join(folder, 'none') });
    assert.match(missing.out, /^Failed at AUTH: the file of MAIL_OAUTH_TOKEN_FILE cannot be read$/m);
  });

  test('asks for a token by the refresh token, and again where that is refused', async (t) => {
    const asked: Record<string, string>[] = [];
    const endpoint = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      asked.push(Object.fromEntries(new URLSearchParams(body)));
      const token = { access_token: `issued-${asked.length}`, expires_in: 3600, token_type: 'Bearer' };
      const isKnown = body.includes('refresh_token=known');
      response.writeHead(isKnown ? 200 : 400, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(isKnown ? token : { error: 'invalid_grant', error_description: 'Revoked' }),
      );
    }).listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    t.after(() => endpoint.close());
    const settings = {
      MAIL_OAUTH_TOKEN_URL: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/token`,
      MAIL_OAUTH_CLIENT_ID: 'client',
      MAIL_OAUTH_CLIENT_SECRET: 'hush',
      MAIL_OAUTH_REFRESH_TOKEN: 'known',
      MAIL_OAUTH_SCOPE: 'https://mail.example.com/',
    };
    const { code, out } = await testWith('issued-2', settings);
    assert.equal(code, 0, out);
    assert.deepEqual(asked[0], {
      client_id: 'client',
      client_secret: 'hush',
      grant_type: 'refresh_token',
      refresh_token: 'known',
      scope: 'https://mail.example.com/',
    });
    const revoked = await testWith('issued-2', { ...settings, MAIL_OAUTH_REFRESH_TOKEN: 'gone' });
    assert.match(revoked.out, /^Failed at AUTH: the token endpoint answered 400 invalid_grant: Revoked$/m);
    assert.doesNotMatch(out + revoked.out, /hush|issued/);
  });
});
